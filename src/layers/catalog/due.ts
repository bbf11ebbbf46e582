import { Cron, Result } from "effect"
import type { ConnectorSchedule } from "../../services/domain/ConnectorSchedule.ts"

/** When a connector is to sync next: now when it never did or is overdue, never when its schedule is manual. */
export const dueAt = (schedule: ConnectorSchedule | null, lastSuccess: Date | null, now: Date): Date | null => {
  if (schedule === null) return null
  if (lastSuccess === null) return now
  const next = schedule.type === "interval" ? after(lastSuccess, schedule.milliseconds) : nextOf(schedule, lastSuccess)
  return next === null || next > now ? next : now
}

const after = (date: Date, milliseconds: number): Date => new Date(date.getTime() + milliseconds)

/** Null for a cron expression that cannot be read or never comes; neither passes as a schedule. */
const nextOf = ({ cron, timeZone }: Extract<ConnectorSchedule, { readonly type: "cron" }>, date: Date): Date | null => {
  const parsed = timeZone === null ? Cron.parse(cron) : Cron.parse(cron, timeZone)
  if (Result.isFailure(parsed)) return null
  try {
    return Cron.next(parsed.success, date)
  } catch {
    return null
  }
}
