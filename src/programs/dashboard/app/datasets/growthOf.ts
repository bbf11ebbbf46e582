import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { Upserted } from "../../../../services/domain/Run.ts"
import { countsOf } from "../../../answers/rowWords.ts"
import { ownOf } from "../ownOf.ts"

export interface Growth {
  /** Whether `rows` are all that is there after a checkpoint; else, what it wrote. */
  readonly isTotal: boolean
  /** From old to new. */
  readonly points: ReadonlyArray<{ readonly at: string; readonly rows: number }>
}

/**
 * What is in force of the history, newest first. How many rows an upsert added, an old checkpoint does not say; how many
 * there were before the history begins, what there are now (`rowsNow`) does.
 */
export const growthOf = (checkpoints: ReadonlyArray<Checkpoint>, dataset: string, rowsNow: number | null): Growth => {
  const changes = checkpoints.toReversed().flatMap(({ at, undoneBy, cause, datasets, upserted }) => {
    const change = ownOf(datasets, dataset)
    const counts = change !== undefined && undoneBy === null && cause.type !== "rollback" && change.mode !== "settle"
    return counts ? [{ at, ...change, adds: addedBy(change, countsOf(upserted, dataset, change.rows)) }] : []
  })
  if (changes.some(({ adds }) => adds === null)) {
    return { isTotal: false, points: changes.map(({ at, rows }) => ({ at, rows })) }
  }
  const added = changes.reduce((sum, { adds }) => sum + (adds ?? 0), 0)
  const onlyAdded = changes.every(({ mode }) => mode !== "replace")
  let total = onlyAdded ? Math.max(0, (rowsNow ?? added) - added) : 0
  const points = changes.map(({ at, mode, adds }) => {
    total = (mode === "replace" ? 0 : total) + (adds ?? 0)
    return { at, rows: total }
  })
  return { isTotal: true, points }
}

/** Null where nobody counted. */
const addedBy = ({ mode, rows }: Checkpoint["datasets"][string], counts: Upserted | null): number | null => {
  if (mode === "insert" || mode === "replace") return rows
  return mode === "upsert" && counts !== null ? counts.new : null
}
