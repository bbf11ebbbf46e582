import { charCodeAt, matches } from "./primordials.ts"

const DASH = 45
const COLON = 58

/** Two digits at `at`, or -1. Both must lie inside the text: codes past the end are NaN, and would make this slow. */
function pair(text: string, at: number): number {
  const tens = charCodeAt(text, at) - 48
  const ones = charCodeAt(text, at + 1) - 48
  return tens >>> 0 <= 9 && ones >>> 0 <= 9 ? tens * 10 + ones : -1
}

/**
 * Days that every month has, as one expression: the encoders ask this of each cell of a date column, and one native call
 * is half the cost of looking digit by digit, which is left for the end of a month.
 */
const earlyDay = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/
const earlyTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function startsWithDay(text: string): boolean {
  if (charCodeAt(text, 4) !== DASH || charCodeAt(text, 7) !== DASH) return false
  const century = pair(text, 0)
  const year = pair(text, 2)
  const month = pair(text, 5)
  const day = pair(text, 8)
  if (century < 0 || year < 0 || month < 1 || month > 12) return false
  return day >= 1 && day <= daysIn(century * 100 + year, month)
}

/** Whether the text from `at` on is nothing, `Z` or `±HH:MM`. */
function endsWithZone(text: string, at: number): boolean {
  if (at === text.length) return true
  const sign = charCodeAt(text, at)
  if (sign === 90) return at + 1 === text.length
  if (sign !== 43 && sign !== DASH) return false
  if (text.length !== at + 6 || charCodeAt(text, at + 3) !== COLON) return false
  const hours = pair(text, at + 1)
  const minutes = pair(text, at + 4)
  return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60
}

function endsWithTime(text: string): boolean {
  const separator = charCodeAt(text, 10)
  if ((separator !== 84 && separator !== 32) || charCodeAt(text, 13) !== COLON) return false
  // An unsigned comparison refuses -1, too.
  if (pair(text, 11) >>> 0 > 23 || pair(text, 14) >>> 0 > 59) return false
  if (text.length < 19 || charCodeAt(text, 16) !== COLON) return endsWithZone(text, 16)
  if (pair(text, 17) >>> 0 > 59) return false
  if (text.length === 19) return true
  if (charCodeAt(text, 19) !== 46) return endsWithZone(text, 19)
  let at = 20
  while (at < text.length && (charCodeAt(text, at) - 48) >>> 0 <= 9) at++
  return at > 20 && at <= 29 && endsWithZone(text, at)
}

/** `YYYY-MM-DD`, and a day that the calendar has. */
export function isDate(text: string): boolean {
  return text.length === 10 && (matches(earlyDay, text) || startsWithDay(text))
}

/** `YYYY-MM-DDTHH:MM[:SS[.f…]][Z|±HH:MM]`, `T` or a space between, at most nine digits of fraction, a day that the calendar has. */
export function isTimestamp(text: string): boolean {
  if (text.length < 16 || text.length > 35) return false
  return matches(earlyTime, text) || (startsWithDay(text) && endsWithTime(text))
}
