import { Schema } from "effect"
import { Mode, Upserted } from "./Run.ts"

export const Cause = Schema.Struct({
  type: Schema.Literals(["sync", "action", "rollback"]),
  connector: Schema.NullOr(Schema.String),
  runId: Schema.NullOr(Schema.String),
  action: Schema.NullOr(Schema.String),
})
export type Cause = typeof Cause.Type

/** Rows that a checkpoint wrote to a dataset; for a rollback, those that it took away or brought back. */
export const DatasetChange = Schema.Struct({
  /** `settle`: types of its columns were changed, no rows. */
  mode: Schema.Literals([...Mode.literals, "delete", "update", "settle", "undo", "redo"]),
  rows: Schema.Int,
})

/** What checkpoints had done to the rows of a dataset, which a rollback takes back, or does again. */
export const Turned = Schema.Struct({
  /** Rows that they had brought; of several checkpoints this and the next two add up what each of them did. */
  new: Schema.Int,
  /** Rows that they had changed. */
  changed: Schema.Int,
  /** Rows that they had deleted; null where a replace was among them, which doesn't know what it took the place of. */
  removed: Schema.NullOr(Schema.Int),
  /** How many checkpoints. */
  checkpoints: Schema.Int,
  /** By how many rows the dataset grew through all of them together; below 0 it shrank. Null where that isn't known. */
  grown: Schema.NullOr(Schema.Int),
  /** There was nothing of the dataset before them. */
  began: Schema.Boolean,
  /** The checkpoint before which the dataset was as it is after the rollback. */
  since: Schema.String,
})
export type Turned = typeof Turned.Type

/** One entry of the history: everything that became durable, and can be undone, together. */
export const Checkpoint = Schema.Struct({
  checkpoint_id: Schema.String,
  /** ISO 8601, UTC. */
  at: Schema.String,
  cause: Cause,
  /** By dataset. */
  datasets: Schema.Record(Schema.String, DatasetChange),
  /** By dataset; of those whose mode is `upsert`. */
  upserted: Schema.Record(Schema.String, Upserted),
  /** Datasets of which there was nothing before it. */
  began: Schema.Array(Schema.String),
  /** By dataset, of a rollback: what had been done by those that it turned. Empty of all others. */
  turned: Schema.Record(Schema.String, Turned),
  /** The rollback that undid it; null while it is in force. */
  undoneBy: Schema.NullOr(Schema.String),
})
export type Checkpoint = typeof Checkpoint.Type
