import type { Due } from "../../services/domain/Due.ts"
import { readServed } from "../serveFile.ts"

/** What is due by now and stays that, because nothing is there to run it, says so. */
export const unattended = (due: Due, now: number, serveFile: string): Due => {
  if (due.at === null || due.at > now) return due
  const served = readServed(serveFile)
  if (served !== null && served.schedules !== false) return due
  const why = served === null ? '"openislands serve" is not running' : '"openislands serve" runs with --no-schedule'
  return { ...due, reason: `${due.reason}; nothing runs it: ${why}` }
}
