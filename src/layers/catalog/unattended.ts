import type { Due } from "../../services/domain/Due.ts"
import { readServed } from "../serveFile.ts"

/** What is due by now and stays that, because nothing is there to run it, says so. */
export const unattended = (due: Due, now: number, serveFile: string): Due => {
  const why = whyUnattended(due, now, serveFile)
  return why === null ? due : { ...due, reason: `${due.reason}; ${why}` }
}

/** Null for what isn't due, or will be run. */
export const whyUnattended = (due: Due, now: number, serveFile: string): string | null => {
  if (due.at === null || due.at > now) return null
  const served = readServed(serveFile)
  if (served !== null && served.schedules !== false) return null
  const why = served === null ? "is not running" : "runs with --no-schedule"
  return `nothing runs it: "openislands serve" ${why}`
}
