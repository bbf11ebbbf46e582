import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"

export interface Growth {
  /** Whether `rows` are all that is there after a checkpoint; else, what it wrote. */
  readonly isTotal: boolean
  /** From old to new. */
  readonly points: ReadonlyArray<{ readonly at: string; readonly rows: number }>
}

/**
 * What is in force of the history, newest first. How many rows an upsert adds, it does not say; how many there were before
 * it begins, what there are now (`rowsNow`) does.
 */
export const growthOf = (checkpoints: ReadonlyArray<Checkpoint>, dataset: string, rowsNow: number | null): Growth => {
  const changes = checkpoints.toReversed().flatMap(({ at, undoneBy, cause, datasets }) => {
    const change = datasets[dataset]
    const counts = change !== undefined && undoneBy === null && cause.type !== "rollback" && change.mode !== "settle"
    return counts ? [{ at, ...change }] : []
  })
  if (!changes.every(({ mode }) => mode === "insert" || mode === "replace")) {
    return { isTotal: false, points: changes.map(({ at, rows }) => ({ at, rows })) }
  }
  const added = changes.reduce((sum, { rows }) => sum + rows, 0)
  const onlyAdded = changes.every(({ mode }) => mode === "insert")
  let total = onlyAdded ? Math.max(0, (rowsNow ?? added) - added) : 0
  const points = changes.map(({ at, mode, rows }) => {
    total = mode === "replace" ? rows : total + rows
    return { at, rows: total }
  })
  return { isTotal: true, points }
}
