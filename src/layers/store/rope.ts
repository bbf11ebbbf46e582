import type { Extent } from "./plan.ts"

/** The content of a file as parts of other files; null is no file. */
export type Rope = ReadonlyArray<Extent>

export const lengthOf = (rope: Rope): number => rope.reduce((sum, { from, to }) => sum + to - from, 0)

/** Part of a rope; neighbours that continue one another become one. */
export const slice = (rope: Rope, from: number, to: number): Rope => {
  const parts: Array<Extent> = []
  let start = 0
  for (const extent of rope) {
    const end = start + extent.to - extent.from
    const [first, last] = [Math.max(from, start), Math.min(to, end)]
    if (first < last)
      parts.push({ file: extent.file, from: extent.from + first - start, to: extent.from + last - start })
    start = end
  }
  return parts
}

export const concat = (a: Rope, b: Rope): Rope => {
  const last = a.at(-1)
  const [first, ...rest] = b
  if (last === undefined || first === undefined || last.file !== first.file || last.to !== first.from)
    return [...a, ...b]
  return [...a.slice(0, -1), { ...last, to: first.to }, ...rest]
}

/** A file of that many bytes, all of it. */
export const whole = (file: string, bytes: number): Rope => [{ file, from: 0, to: bytes }]
