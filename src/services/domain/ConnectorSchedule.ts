import { Cron, DateTime, Option, Result } from "effect"

/** When a connector is due: every so often, or at the times of a cron expression. `text` is what the author wrote. */
export type ConnectorSchedule =
  | { readonly type: "interval"; readonly text: string; readonly milliseconds: number }
  | { readonly type: "cron"; readonly text: string; readonly cron: string; readonly timeZone: string | null }

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds; what is due later than any clock goes could not be told. */
const longestInterval = 36_500 * units.d

/** `"90s"`, `"10m"`, `"6h"`, `"30d"`, `"1w"` in milliseconds; null for anything else, zero included. */
export const parseDuration = (text: string): number | null => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*([smhdw])$/.exec(text.trim())
  if (match === null) return null
  const milliseconds = Math.round(Number(match[1]) * units[match[2] as keyof typeof units])
  return milliseconds > 0 ? milliseconds : null
}

/** Reads an interval, a cron expression or `{ cron, timeZone }`; the failure is a sentence about what is wrong. */
export const parseSchedule = (written: unknown): Result.Result<ConnectorSchedule, string> => {
  if (typeof written === "string") {
    const milliseconds = parseDuration(written)
    if (milliseconds !== null && milliseconds > longestInterval) {
      return Result.fail(`"${written}" is too long an interval: at most 36500d, which is a hundred years`)
    }
    if (milliseconds !== null) return Result.succeed({ type: "interval", text: written, milliseconds })
    const isCron = /\s/.test(written.trim()) && !/^[\d.,]+\s+[a-z]+$/i.test(written.trim())
    if (isCron) return parseCron(written, null)
    return Result.fail(`"${written}" is not an interval: a number and one of s, m, h, d, w, such as 6h`)
  }
  if (typeof written === "object" && written !== null && "cron" in written && typeof written.cron === "string") {
    const unknownKey = Object.keys(written).find((key) => key !== "cron" && key !== "timeZone")
    if (unknownKey !== undefined) return Result.fail(`"${unknownKey}" is not part of a schedule`)
    const timeZone = "timeZone" in written ? written.timeZone : null
    if (timeZone !== null && typeof timeZone !== "string") return Result.fail("timeZone must be a string")
    return parseCron(written.cron, timeZone)
  }
  return Result.fail(`${JSON.stringify(written)} is neither an interval nor a cron expression`)
}

const parseCron = (cron: string, timeZone: string | null): Result.Result<ConnectorSchedule, string> => {
  const parsed = Cron.parse(cron, "UTC")
  if (Result.isFailure(parsed)) return Result.fail(`"${cron}" is not a cron expression: ${parsed.failure.message}`)
  if (timeZone !== null && Option.isNone(DateTime.zoneFromString(timeZone))) {
    return Result.fail(`"${timeZone}" is not a time zone; write an IANA name such as "Europe/Berlin"`)
  }
  if (!everComes(parsed.success)) return Result.fail(`"${cron}" never comes: no month it names has such a day`)
  return Result.succeed({ type: "cron", text: timeZone === null ? cron : `${cron} (${timeZone})`, cron, timeZone })
}

/** Asked of UTC, where the search for a date such as February 30, which gives up after 10,000 steps, takes the least. */
const everComes = (cron: Cron.Cron): boolean => {
  try {
    Cron.next(cron, new Date(0))
    return true
  } catch {
    return false
  }
}
