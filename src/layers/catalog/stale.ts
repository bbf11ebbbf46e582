import type { ConnectorSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import { after, type Past, times } from "./due.ts"

type Facts = Pick<ConnectorStatus, "running" | "connected" | "missingSecrets"> & {
  readonly schedule: ConnectorSchedule | null
  /** Null when what it did cannot be read. */
  readonly past: Past | null
  readonly loads: boolean
  /** Why nothing runs it though it is due. */
  readonly unattended: string | null
}

/** Milliseconds: what is due begins within a minute, and takes as long as it takes. */
const tolerance = 60_000

/**
 * Why there are no newer data than its schedule promises, all of the causes in a phrase; null while there are, and for what
 * has no schedule.
 */
export const staleOf = (facts: Facts, now: number): string | null => {
  const { schedule, past } = facts
  if (schedule === null) return null
  if (past !== null && past.success !== null) {
    const promised = after(schedule, past.success)
    if (promised === null || promised + tolerance > now) return null
  }
  if (facts.running !== null) return "a sync is under way"
  if (!facts.loads) return "it does not load"
  if (facts.missingSecrets.length > 0) return `.env lacks ${facts.missingSecrets.join(", ")}`
  if (!facts.connected) return "it is not connected"
  if (past === null) return "what it did before cannot be read"
  const causes = [whatHappened(past), facts.unattended].filter((cause) => cause !== null)
  return causes.length > 0 ? causes.join("; ") : "it waits for its turn"
}

const whatHappened = ({ failures, undone, cancelled, success }: Past): string | null => {
  const since = success === null ? "and has never synced" : "since it last synced"
  if (failures !== null) return `it failed ${times(failures.count)} ${since}`
  if (undone !== null && undone > (cancelled ?? 0)) return "a rollback put off its next sync"
  return cancelled === null ? null : "it was stopped"
}
