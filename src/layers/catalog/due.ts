import { Cron, Result } from "effect"
import type { ConnectorSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { Due } from "../../services/domain/Due.ts"

/** What counts for when a connector is due next. Times are epoch milliseconds. */
export interface Past {
  /** When its newest success began. */
  readonly success: number | null
  /** When a sync of it was undone or brought back last, if that was later. */
  readonly undone: number | null
  /** When somebody stopped it last, if that was later. */
  readonly cancelled: number | null
  /** Its failures since then. */
  readonly failures: Failures | null
}

export interface Failures {
  readonly count: number
  /** Of the newest of them. */
  readonly startedAt: number
  readonly endedAt: number
  readonly runId: string
}

/** A clock that was set back leaves times in the future; a little of that is two clocks that differ. */
const tolerance = 60_000
const never = Number.NEGATIVE_INFINITY

/**
 * The schedule counts from the newest success, undo or cancel, so that an undo isn't undone at once. What fails when it was
 * due is tried again sooner than after another whole interval, ever more slowly; what fails before, when it is due.
 */
export const dueOf = (schedule: ConnectorSchedule | null, past: Past, now: number): Due => {
  if (schedule === null) return { at: null, reason: "on request only: it has no schedule" }
  const every = schedule.type === "interval" ? `every ${schedule.text}` : `at the times of ${schedule.text}`
  const anchor = Math.max(...[past.success, past.undone, past.cancelled].map((time) => time ?? never))
  if (anchor === never && past.failures === null) return { at: 0, reason: "at once: it has never synced" }
  if (anchor > now + tolerance) return { at: 0, reason: "at once: the clock was set back since it synced" }
  const scheduled = anchor === never ? never : after(schedule, anchor)
  if (scheduled === null) return { at: null, reason: `never: ${schedule.text} does not come again` }
  const { failures } = past
  if (failures !== null && failures.endedAt <= now + tolerance) {
    const again = Math.min(after(schedule, failures.startedAt) ?? Infinity, failures.endedAt + pause(failures))
    if (again > scheduled) {
      return { at: again, reason: `another try: it failed ${times(failures.count)} since it last succeeded` }
    }
  }
  const since =
    anchor === past.success ? "it last succeeded" : anchor === past.undone ? "the last rollback" : "it was stopped"
  if (scheduled <= now) return { at: scheduled, reason: `overdue: ${every} since ${since}` }
  // Whoever sees that it fails waits for another try else.
  const early = failures !== null && failures.startedAt < scheduled ? "; it was not due yet when it failed" : ""
  return { at: scheduled, reason: `${every} since ${since}${early}` }
}

export const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`)

/** When it comes next; null for a schedule that doesn't. */
export const after = (schedule: ConnectorSchedule, time: number): number | null =>
  schedule.type === "interval" ? time + schedule.milliseconds : nextOf(schedule, time)

/** Null for a cron expression that cannot be read or never comes; neither passes as a schedule. */
const nextOf = ({ cron, timeZone }: Extract<ConnectorSchedule, { readonly type: "cron" }>, time: number) => {
  const parsed = timeZone === null ? Cron.parse(cron) : Cron.parse(cron, timeZone)
  if (Result.isFailure(parsed)) return null
  try {
    return Cron.next(parsed.success, new Date(time)).getTime()
  } catch {
    return null
  }
}

/** Milliseconds: a minute, then twice as long each time, up to six hours; up to a fifth more or less. */
const pause = ({ count, runId }: Failures): number => {
  const exact = Math.min(60_000 * 2 ** Math.min(count - 1, 20), 6 * 3_600_000)
  return Math.round(exact * (0.8 + 0.4 * fractionOf(runId)))
}

/** The same for whoever asks, and another one for each run: FNV-1a. */
const fractionOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return hash / 2 ** 32
}
