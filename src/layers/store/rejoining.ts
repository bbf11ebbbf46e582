import { Effect } from "effect"
import * as path from "node:path"
import { headerEnd } from "../formats/csvSniff.ts"
import { longestHeader } from "./datasetState.ts"
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
  const eol = lineBreak(yield* end(home, ours))
  const before = lineBreak(yield* end(home, front))
  // A carriage return ends a line only where it ends ours, too.
  const isWhole = before.endsWith("\n") || (before === "\r" && eol === "\r")
  return concat(concat(front, isWhole ? [] : slice(ours, length - eol.length, length)), tail)
})

const end = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const length = lengthOf(rope)
  return (yield* read(home, slice(rope, Math.max(0, length - 2), length))).toString("latin1")
})

const lineBreak = (end: string): string => /\r?\n$|\r$/.exec(end)?.[0] ?? ""

const headerLength = Effect.fnUntraced(function* (home: string, rope: Rope) {
  if (!rope.some(({ file }) => file.endsWith(".csv"))) return 0
  const start = yield* read(home, slice(rope, 0, longestHeader))
  const at = headerEnd(start)
  if (at === start.length) return 0
  return at + (start[at] === 13 && start[at + 1] === 10 ? 2 : 1)
})

const read = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const disk = yield* Disk
  const parts = yield* Effect.forEach(rope, ({ file, ...range }) => disk.readRange(path.resolve(home, file), range))
  return Buffer.concat(parts)
})
