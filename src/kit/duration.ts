/** Milliseconds, or text such as `"500ms"`, `"30s"`, `"1m"`, `"2h"`, `"1d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Throws a TypeError that names `what` for anything that is no positive span of time. */
export const milliseconds = (duration: Duration, what: string): number => {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  const span = typeof duration === "number" ? duration : Number(count) * units[unit ?? ""]!
  if (Number.isFinite(span) && span > 0) return span
  throw new TypeError(`${what} must be milliseconds or text such as "30s" or "1m", and is ${JSON.stringify(duration)}`)
}
