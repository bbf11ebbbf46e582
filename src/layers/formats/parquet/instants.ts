import { Refusal, describe } from "../rowError.ts"

const DAY = 86_400_000
/** The calendar repeats after 400 years; moved by them, the years 0 to 99 are none of the 1900s to `Date.UTC`. */
const CYCLE = 146_097 * DAY
/** The microseconds of the years 0 to 9999, around 1970. */
export const FIRST_MICROS = -62_167_219_200_000_000n
export const LAST_MICROS = 253_402_300_799_999_999n
/** The days of the same years. */
export const FIRST_DAY = -719_528
export const LAST_DAY = 2_932_896

/** The day of a text that `isDate` accepts, or that begins with one, counted from 1970. */
export function daysOf(text: string): number {
  const time = Date.UTC(Number(text.slice(0, 4)) + 400, Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10)))
  return (time - CYCLE) / DAY
}

/** `YYYY-MM-DD` of a day counted from 1970. */
export function textOfDays(days: number): string {
  return new Date(days * DAY).toISOString().slice(0, -14)
}

/**
 * The microseconds since 1970 of a text that `isDate` or `isTimestamp` accepts. A time without zone is UTC, and digits
 * beyond microseconds are cut. Refuses what a zone moves out of the years 0 to 9999.
 */
export function microsOf(text: string): bigint {
  let seconds = daysOf(text) * 86_400
  let fraction = 0
  if (text.length > 10) {
    seconds += Number(text.slice(11, 13)) * 3600 + Number(text.slice(14, 16)) * 60
    let at = 16
    if (text[at] === ":") {
      seconds += Number(text.slice(17, 19))
      at = 19
    }
    if (text[at] === ".") {
      const from = ++at
      while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
      fraction = Number(text.slice(from, Math.min(at, from + 6)).padEnd(6, "0"))
    }
    const sign = text[at]
    if (sign === "+" || sign === "-") {
      const offset = Number(text.slice(at + 1, at + 3)) * 3600 + Number(text.slice(at + 4, at + 6)) * 60
      seconds -= sign === "+" ? offset : -offset
    }
  }
  const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction)
  if (micros >= FIRST_MICROS && micros <= LAST_MICROS) return micros
  throw new Refusal("a timestamp in the years 0 to 9999 of UTC", describe(text))
}

/** ISO 8601 in UTC with milliseconds, or with microseconds where there are any. */
export function textOfMicros(micros: bigint): string {
  const rest = Number(((micros % 1000n) + 1000n) % 1000n)
  const text = new Date(Number((micros - BigInt(rest)) / 1000n)).toISOString()
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`
}
