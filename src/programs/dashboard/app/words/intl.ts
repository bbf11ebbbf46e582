/** Seconds of each, and of half the next smaller one: from there on the number that is rounded to is one of these. */
const units = [
  ["year", 31_536_000, 1_296_000],
  ["month", 2_592_000, 43_200],
  ["day", 86_400, 1_800],
  ["hour", 3_600, 30],
  ["minute", 60, 0],
] as const

const relative = new Intl.RelativeTimeFormat("en", { style: "short", numeric: "always" })
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })
const short = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" })

/** `2 hr. ago`, `in 5 min.`; within the minute `just now` or `in a moment`. */
export const ago = (time: string, now: number): string => {
  const seconds = (Date.parse(time) - now) / 1_000
  const unit = units.find(([, size, half]) => Math.abs(seconds) >= size - half)
  if (unit === undefined) return seconds > 5 ? "in a moment" : "just now"
  return relative.format(Math.round(seconds / unit[1]), unit[0])
}

export const exactTime = (time: string): string => absolute.format(new Date(time))

export const shortTime = (time: string): string => short.format(new Date(time))

/** `340 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min` */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${number(Math.round(milliseconds / 100) / 10)} s`
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`
}

const numbers = new Intl.NumberFormat()
const compacts = new Intl.NumberFormat(undefined, { notation: "compact" })

export const number = (value: number): string => numbers.format(value)

export const compact = (value: number): string => compacts.format(value)

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`
