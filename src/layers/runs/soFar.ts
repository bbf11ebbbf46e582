import type { Committed } from "../../services/DatasetStore.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"

/** What a run has committed by now, over all of its tries. */
export interface SoFar {
  committed: Committed
}

export const nothingYet = (): SoFar => ({
  committed: { checkpoint_id: null, datasets: {}, dropped: {}, schemaChanges: [] },
})

/** Two commits of one run as one: the checkpoint is the newer one's, the mode of a dataset the one that came first. */
export const together = (before: Committed, after: Committed): Committed => {
  const datasets = { ...before.datasets }
  for (const [name, { rows, ...how }] of Object.entries(after.datasets)) {
    const known = datasets[name]
    datasets[name] = known === undefined ? { ...how, rows } : { ...known, rows: known.rows + rows }
  }
  const dropped = { ...before.dropped }
  for (const [output, rows] of Object.entries(after.dropped)) dropped[output] = (dropped[output] ?? 0) + rows
  return {
    checkpoint_id: after.checkpoint_id ?? before.checkpoint_id,
    datasets,
    dropped,
    schemaChanges: [...before.schemaChanges, ...after.schemaChanges.filter((one) => !isKnown(before, one))],
  }
}

/** Each of a thousand commits may find that the same column is missing. */
const isKnown = ({ schemaChanges }: Committed, change: SchemaChange): boolean =>
  schemaChanges.some(
    (one) =>
      one.dataset === change.dataset &&
      one.column === change.column &&
      one.change === change.change &&
      one.from === change.from &&
      one.to === change.to,
  )
