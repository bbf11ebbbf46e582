import { Effect } from "effect"
import * as path from "node:path"
import { arrayEnd } from "../formats/jsonArrayText.ts"
import { headerEnd } from "../formats/csvSniff.ts"
import { Disk } from "./Disk.ts"
import { longestHeader } from "./habits.ts"
import { longestTail } from "./plan.ts"
import { concat, lengthOf, type Rope, slice } from "./rope.ts"

/**
 * What somebody wrote behind bytes of ours, behind what there was before those: a last line without an end gets one, so
 * that no two rows become one, rows of a CSV that would be left without a header keep ours, and a JSON array stays one.
 */
export const rejoin = Effect.fnUntraced(function* (
  home: string,
  kind: "csv" | "json" | "other",
  front: Rope,
  ours: Rope,
  tail: Rope,
) {
  if (lengthOf(tail) === 0) return front
  if (kind === "json") return yield* rejoinArray(home, front, ours, tail)
  if (lengthOf(front) === 0) {
    return concat(slice(ours, 0, kind === "csv" ? yield* headerLength(home, ours) : 0), tail)
  }
  const length = lengthOf(ours)
  const eol = lineBreak(yield* end(home, ours))
  const before = lineBreak(yield* end(home, front))
  // A carriage return ends a line only where it ends ours, too.
  const isWhole = before.endsWith("\n") || (before === "\r" && eol === "\r")
  return concat(concat(front, isWhole ? [] : slice(ours, length - eol.length, length)), tail)
})

/** `tail` holds the array's closing; what comes first behind an opening has no comma before it. */
const rejoinArray = Effect.fnUntraced(function* (home: string, front: Rope, ours: Rope, tail: Rope) {
  const closing = lengthOf(yield* closingOf(home, front))
  const open = lengthOf(front) === 0 ? slice(ours, 0, 1) : slice(front, 0, lengthOf(front) - closing)
  const length = lengthOf(open)
  const last = (yield* read(home, slice(open, Math.max(0, length - longestTail), length))).toString("latin1")
  if (!/\[\s*$/.test(last)) return concat(open, tail)
  const start = (yield* read(home, slice(tail, 0, longestTail))).toString("latin1")
  return concat(open, slice(tail, /^\s*,/.exec(start)?.[0].length ?? 0, lengthOf(tail)))
})

/** The end of a JSON array: what is behind its last element. Nothing when it isn't one. */
export const closingOf = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const length = lengthOf(rope)
  const end = yield* read(home, slice(rope, Math.max(0, length - longestTail), length))
  return slice(rope, length - (arrayEnd(end)?.length ?? 0), length)
})

const end = Effect.fnUntraced(function* (home: string, rope: Rope) {
  const length = lengthOf(rope)
  return (yield* read(home, slice(rope, Math.max(0, length - 2), length))).toString("latin1")
})

const lineBreak = (end: string): string => /\r?\n$|\r$/.exec(end)?.[0] ?? ""

const headerLength = Effect.fnUntraced(function* (home: string, rope: Rope) {
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
