import { Effect, Random, Result } from "effect"
import * as path from "node:path"
import type { Retention } from "../../services/DatasetStore.ts"
import type { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { isCursorFile } from "./cursorFile.ts"
import { Disk } from "./Disk.ts"
import { readPlan } from "./journal.ts"
import { isId, type Plan, type Unit } from "./plan.ts"
import { runOf, type Turnable } from "./timeline.ts"

/** Ids of what is kept, oldest first. Ids are numbered without a gap: what is older than one was about to be forgotten. */
export const listHistory = Effect.fnUntraced(function* (home: string) {
  const disk = yield* Disk
  const ids = (yield* disk.list(path.join(home, "history"))).filter(isId)
  const gap = ids.findLastIndex((id, at) => at > 0 && numberOf(id) !== numberOf(ids[at - 1]!) + 1)
  return ids.slice(Math.max(gap, 0))
})

const numberOf = (id: string): number => Number.parseInt(id, 10)

/** Ids sort in the order of commits, whatever the clock says; the end makes one that was pruned never come again. */
export const idAfter = Effect.fnUntraced(function* (newest: string | undefined) {
  const number = newest === undefined ? 1 : numberOf(newest) + 1
  const random = yield* Random.nextIntBetween(0, 36 ** 4)
  return `${String(number).padStart(8, "0")}-${random.toString(36).padStart(4, "0")}`
})

export interface Kept {
  /** Oldest first. */
  readonly plans: ReadonlyArray<Plan>
  /** Checkpoints that cannot be read: nothing that is older can be undone past them. */
  readonly damaged: ReadonlyArray<StoreCorrupt>
}

/** What can be undone: everything since the newest checkpoint that is damaged. */
export const readHistory = Effect.fnUntraced(function* (home: string) {
  const ids = yield* listHistory(home)
  const read = yield* Effect.forEach(ids, (id) => readPlan(home, id).pipe(Effect.result), { concurrency: 16 })
  const damaged = read.flatMap((one) =>
    Result.isFailure(one) && one.failure._tag === "StoreCorrupt" ? [one.failure] : [],
  )
  const failed = read.find((one) => Result.isFailure(one) && one.failure._tag !== "StoreCorrupt")
  if (failed !== undefined && Result.isFailure(failed)) return yield* failed.failure
  const since = read.findLastIndex(Result.isFailure) + 1
  const plans = read.slice(since).flatMap((one) => (Result.isSuccess(one) ? [one.success] : []))
  return { plans, damaged } satisfies Kept
})

/**
 * Forgets the oldest checkpoints beyond the limits. What is kept is always a contiguous suffix with the newest run in it,
 * no run without all of its checkpoints, and with whatever a rollback that is kept would need to be undone.
 */
export const prune = Effect.fnUntraced(function* (home: string, limits: Retention) {
  const disk = yield* Disk
  const history = path.join(home, "history")
  const ids = yield* listHistory(home)
  const sizes = yield* Effect.forEach(ids, (id) => sizeOf(path.join(history, id)), { concurrency: 16 })
  let drop = overLimits(sizes, limits)
  if (drop > 0) {
    const { plans } = yield* readHistory(home)
    if (limits.exactly !== true) {
      const little = new Set(plans.filter((plan) => movesOnly(plan, isCursor)).map(({ id }) => id))
      drop = overLimits(sizes, limits, (at) => little.has(ids[at]!))
    }
    drop = sparingNeeded(drop, ids, plans)
  }
  for (const id of ids.slice(0, drop)) {
    // A rename takes it out of the history at once, however long the removal takes.
    yield* disk.rename(path.join(history, id), path.join(history, `.${id}`))
  }
  if (drop > 0) yield* disk.fsyncDirectory(history)
  for (const name of yield* disk.list(history))
    if (name.startsWith(".")) yield* disk.removeTree(path.join(history, name))
  return ids.slice(0, drop)
})

/**
 * So many checkpoints that moved nothing but a cursor count as one: where a schedule finds nothing new for days, they
 * would soon have pushed out all that somebody may want back.
 */
export const littleOnes = 10

/** Whether it is a sync's, and changed no data. */
export const movesOnly = <U>(
  { cause, toggles, units }: Pick<Turnable, "cause" | "toggles"> & { readonly units: ReadonlyArray<U> },
  isCursor: (unit: U) => boolean,
): boolean => cause.type === "sync" && toggles === null && units.every(isCursor)

const isCursor = ({ path: place }: Unit): boolean => isCursorFile(place)

/** How many of the oldest are beyond the limits; the newest never is. `isLittle`: the nth counts as little. */
export const overLimits = (
  sizes: ReadonlyArray<number>,
  limits: Retention,
  isLittle: (at: number) => boolean = () => false,
): number => {
  const weightOf = (at: number): number => (isLittle(at) ? 1 : littleOnes)
  let bytes = sizes.reduce((sum, size) => sum + size, 0)
  let weight = sizes.reduce((sum, _, at) => sum + weightOf(at), 0)
  let drop = 0
  while (drop < sizes.length - 1 && (weight > limits.checkpoints * littleOnes || bytes > limits.bytes)) {
    weight -= weightOf(drop)
    bytes -= sizes[drop++]!
  }
  return drop
}

/**
 * As many of them as no rollback that is kept would need to be undone, and such that of a run's checkpoints all are kept
 * or none: in part it could not be undone.
 */
export const sparingNeeded = (drop: number, ids: ReadonlyArray<string>, plans: ReadonlyArray<Turnable>): number => {
  const kept = plans.filter(({ id }) => ids.indexOf(id) >= drop)
  const runs = new Set(kept.flatMap(runOf))
  const needed = [
    ...kept.flatMap(neededBy),
    ...plans.filter((plan) => runOf(plan).some((run) => runs.has(run))).map(({ id }) => id),
  ]
  const spared = Math.min(drop, ...needed.map((id) => ids.indexOf(id)).filter((at) => at >= 0))
  return spared === drop ? drop : sparingNeeded(spared, ids, plans)
}

const neededBy = (plan: Turnable): ReadonlyArray<string> =>
  plan.toggles === null ? [] : [plan.toggles.target, ...plan.toggles.undone, ...plan.toggles.redone]

const sizeOf = Effect.fnUntraced(function* (directory: string) {
  const disk = yield* Disk
  const names = yield* disk.list(directory)
  const stamps = yield* Effect.forEach(names, (name) => disk.stat(path.join(directory, name)))
  return stamps.reduce((sum, stamp) => sum + (stamp?.size ?? 0), 0)
})
