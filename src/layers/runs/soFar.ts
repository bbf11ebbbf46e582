import type { Committed } from "../../services/DatasetStore.ts"
import type { SchemaChange, Upserted } from "../../services/domain/Run.ts"

/** What a run has committed by now, over all of its tries. */
export interface SoFar {
  committed: Committed
}

export const nothingYet = (): SoFar => ({
  committed: { checkpoint_id: null, datasets: {}, upserted: {}, dropped: {}, schemaChanges: [] },
})

/** Two commits of one run as one: the checkpoint is the newer one's, the mode of a dataset the one that came first. */
export const together = (before: Committed, after: Committed): Committed => {
  // Maps: an output or a dataset may be named "toString".
  const datasets = new Map(Object.entries(before.datasets))
  for (const [name, dataset] of Object.entries(after.datasets)) {
    const known = datasets.get(name)
    datasets.set(name, known === undefined ? dataset : { ...known, rows: known.rows + dataset.rows })
  }
  const upserted = new Map(Object.entries(before.upserted))
  for (const [name, counts] of Object.entries(after.upserted)) upserted.set(name, added(upserted.get(name), counts))
  const dropped = new Map(Object.entries(before.dropped))
  for (const [output, rows] of Object.entries(after.dropped)) dropped.set(output, (dropped.get(output) ?? 0) + rows)
  return {
    checkpoint_id: after.checkpoint_id ?? before.checkpoint_id,
    datasets: Object.fromEntries(datasets),
    upserted: Object.fromEntries(upserted),
    dropped: Object.fromEntries(dropped),
    schemaChanges: [...before.schemaChanges, ...after.schemaChanges.filter((one) => !isKnown(before, one))],
  }
}

const added = (before: Upserted | undefined, after: Upserted): Upserted =>
  before === undefined
    ? after
    : {
        new: before.new + after.new,
        changed: before.changed + after.changed,
        unchanged: before.unchanged + after.unchanged,
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
