import type { Due } from "../../services/domain/Due.ts"
import { readServed } from "../serveFile.ts"

/** Why what is due by now stays that; null for what isn't due, or will be run. */
export const whyUnattended = (due: Due, now: number, serveFile: string): string | null => {
  if (due.at === null || due.at > now) return null
  const served = readServed(serveFile)
  if (served !== null && served.schedules !== false) return null
  const why = served === null ? "is not running" : "runs with --no-schedule"
  return `nothing runs it: "openislands serve" ${why}`
}
