import type { Line } from "./types.ts"

/** An event has the beginning of a long line only. */
const isSame = (logged: Line, told: Line): boolean =>
  logged.stream === told.stream &&
  (logged.text === told.text || (told.text.endsWith("...") && logged.text.startsWith(told.text.slice(0, -3))))

/** The end of a log, and what was told while it was asked for: the log may have the first of that already, or all. */
export const joined = (logged: ReadonlyArray<Line>, told: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  const overlaps = (count: number): boolean => logged.slice(-count).every((line, at) => isSame(line, told[at]!))
  let both = Math.min(logged.length, told.length)
  while (both > 0 && !overlaps(both)) both--
  return [...logged, ...told.slice(both)]
}
