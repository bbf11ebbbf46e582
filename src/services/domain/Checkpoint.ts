import { Schema } from "effect"
import { Mode } from "./Run.ts"

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

/** One entry of the history: everything that became durable, and can be undone, together. */
export const Checkpoint = Schema.Struct({
  checkpoint_id: Schema.String,
  /** ISO 8601, UTC. */
  at: Schema.String,
  cause: Cause,
  /** By dataset. */
  datasets: Schema.Record(Schema.String, DatasetChange),
  /** The rollback that undid it; null while it is in force. */
  undoneBy: Schema.NullOr(Schema.String),
})
export type Checkpoint = typeof Checkpoint.Type
