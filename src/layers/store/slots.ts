import { Effect } from "effect"
import * as path from "node:path"
import { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { CannotUndo } from "../../services/History.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { readStamps } from "./journal.ts"
import { afterSlot, beforeSlot, type FileUnit, isOfFile, type Plan } from "./plan.ts"
import { whole } from "./rope.ts"
import { digestOf } from "./steps.ts"
import { type Segment, segmentsOf } from "./trust.ts"

export interface Slot {
  readonly plan: Plan
  readonly unit: FileUnit
  readonly index: number
  readonly to: "before" | "after"
}

/** What is known of the history that a slot is part of. */
export interface Known {
  /** Oldest first. */
  readonly plans: ReadonlyArray<Plan>
  readonly inForce: ReadonlyArray<Plan>
}

/** The bytes that a checkpoint keeps, unless they are certain not to be what was put there: those must not become data. */
export const keptBytes = Effect.fnUntraced(function* (home: string, known: Known, slot: Slot) {
  const disk = yield* Disk
  const { plan, unit, index, to } = slot
  const name = (to === "before" ? beforeSlot : afterSlot)(plan.id, index)
  const file = path.resolve(home, name)
  const stamp = yield* disk.stat(file)
  if (stamp === null) {
    return yield* new CannotUndo({
      checkpoint: plan.id,
      detail: `.openislands/${name} is missing`,
      next: `Put it back from a backup; or go back by hand. ${forgetting(plan.id)}`,
    })
  }
  // Whoever may not read it would be given a file that they cannot read.
  yield* disk.readRange(file, { from: 0, to: Math.min(1, stamp.size) })
  const isWhole =
    to === "after" ? yield* isAsWritten(file, unit, stamp) : yield* isAsFound(home, known, slot, file, stamp)
  if (isWhole) return whole(name, unit.kind === "append" ? unit.bytes : stamp.size)
  return yield* new StoreCorrupt({
    file: path.join(".openislands", name),
    detail: "it is not what was kept there",
    wayOut: `Nothing was undone. Put it right from a backup; or go back by hand. ${forgetting(plan.id)}`,
  })
})

const forgetting = (id: string): string =>
  `Without .openislands/history/${id} and what is older there, later checkpoints can still be undone.`

const isAsWritten = Effect.fnUntraced(function* (file: string, unit: FileUnit, { size }: Stamp) {
  if (unit.kind === "append" ? size !== unit.bytes : size < unit.bytes) return false
  return unit.hash === null || (yield* digestOf([{ file, from: 0, to: unit.bytes }])) === unit.hash
})

/** A file that gave way is known by its stamp; where that is lost, by its size, and by what earlier checkpoints wrote of it. */
const isAsFound = Effect.fnUntraced(function* (home: string, known: Known, slot: Slot, file: string, stamp: Stamp) {
  const { plan, unit } = slot
  const found = (yield* readStamps(home, plan.id))[unit.path]?.before ?? null
  // What was kept when it was turned back and forth may hold an edit.
  const isTurned = known.plans.some(({ toggles }) => toggles?.redone.includes(plan.id) === true)
  if (found === null || isTurned || sameStamp(found, stamp)) return true
  if (found.size !== stamp.size) return false
  const earlier = known.inForce.filter(({ id, units }) => id < plan.id && units.some((one) => one.path === unit.path))
  const last = earlier.at(-1)
  const left = last === undefined ? null : ((yield* readStamps(home, last.id))[unit.path]?.after ?? null)
  // Somebody else's bytes.
  if (left === null || !sameStamp(left, found)) return true
  const written = segmentsOf(
    earlier.flatMap((one) => one.units.filter(isOfFile).filter(({ path }) => path === unit.path)),
  )
  for (const segment of written) if (!(yield* holds(file, segment))) return false
  return true
})

const holds = (file: string, { from, to, hash }: Segment) =>
  Effect.map(digestOf([{ file, from, to }]), (digest) => digest === hash)
