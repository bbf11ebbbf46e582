import { Effect } from "effect"
import * as path from "node:path"
import type { Stamp } from "./Disk.ts"
import { type FileUnit, isOfFile, type Plan } from "./plan.ts"
import { digestOf } from "./steps.ts"

/**
 * What the bytes of a file with a strange stamp say: `same`, everything up to where the store last wrote is what it wrote
 * (the file was copied, restored or touched); `edited`, some of what it wrote is not; `unknown`, what it wrote is there,
 * and nothing tells of the rest.
 */
export type Trust = "same" | "edited" | "unknown"

/** Reads the whole file: only asked for where the stamp has changed. */
export const trustOf = Effect.fnUntraced(function* (
  home: string,
  file: string,
  now: Stamp | null,
  inForce: ReadonlyArray<Plan>,
) {
  if (now === null) return "edited" satisfies Trust
  const written = segmentsOf(
    inForce.flatMap((plan) => plan.units.filter(isOfFile).filter((unit) => unit.path === file)),
  )
  let covered = 0
  for (const { from, to, hash } of written) {
    if (to > now.size) return "edited" satisfies Trust
    if ((yield* digestOf([{ file: path.resolve(home, file), from, to }])) !== hash) return "edited" satisfies Trust
    if (from === covered) covered = to
  }
  const last = written.at(-1)
  return (last !== undefined && covered === last.to ? "same" : "unknown") satisfies Trust
})

export interface Segment {
  readonly from: number
  readonly to: number
  readonly hash: string
}

/** What the store wrote of a file that is still in it: the last file as a whole, and what was appended since. */
export const segmentsOf = (units: ReadonlyArray<FileUnit>): ReadonlyArray<Segment> => {
  let segments: Array<Segment> = []
  for (const unit of units) {
    if (unit.kind === "append") segments.push({ from: unit.at, to: unit.at + unit.bytes, hash: unit.hash })
    else segments = unit.hash === null ? [] : [{ from: 0, to: unit.bytes, hash: unit.hash }]
  }
  return segments
}
