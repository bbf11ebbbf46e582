import { Effect } from "effect"
import * as path from "node:path"
import { Disk } from "./Disk.ts"
import { concat, lengthOf, type Rope, slice } from "./rope.ts"

/**
 * What somebody wrote behind bytes of ours, behind what there was before those: a last line without an end gets one, so
 * that no two rows become one, and rows of a CSV that would be left without a header keep ours.
 */
export const rejoin = Effect.fnUntraced(function* (home: string, front: Rope, ours: Rope, tail: Rope) {
  if (lengthOf(tail) === 0) return front
  if (lengthOf(front) === 0) return concat(slice(ours, 0, yield* headerLength(home, ours)), tail)
  const length = lengthOf(ours)
  const gap = (yield* lineBreak(home, front)) > 0 ? [] : slice(ours, length - (yield* lineBreak(home, ours)), length)
  return concat(concat(front, gap), tail)
})

/** Bytes of the line break at the end. */
const lineBreak = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const length = lengthOf(rope)
  const end = (yield* read(home, slice(rope, Math.max(0, length - 2), length))).toString("latin1")
  return end.endsWith("\r\n") ? 2 : end.endsWith("\n") ? 1 : 0
})

/** More than any header of ours has. */
const longestHeader = 1 << 20

const headerLength = Effect.fnUntraced(function* (home: string, rope: Rope) {
  if (!rope.some(({ file }) => file.endsWith(".csv"))) return 0
  const start = (yield* read(home, slice(rope, 0, longestHeader))).toString("latin1")
  return /^(?:[^"\n]|"[^"]*")*\n/.exec(start)?.[0].length ?? 0
})

const read = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const disk = yield* Disk
  const parts = yield* Effect.forEach(rope, ({ file, ...range }) => disk.readRange(path.resolve(home, file), range))
  return Buffer.concat(parts)
})
