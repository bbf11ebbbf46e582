import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import type { Declaration } from "../../services/domain/Description.ts"
import type { ConnectorEntry } from "../../services/domain/Manifest.ts"

/** The effective schedule as its author wrote it. */
export const writtenSchedule = (
  entry: ConnectorEntry | undefined,
  declaration: Declaration | null,
): ConnectorStatus["schedule"] => {
  const schedule = entry?.schedule ?? null
  if (schedule === null) return declaration?.schedule ?? null
  if (schedule.type === "interval" || schedule.timeZone === null) return schedule.text
  return { cron: schedule.cron, timeZone: schedule.timeZone }
}
