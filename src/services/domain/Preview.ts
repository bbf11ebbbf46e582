import { Schema } from "effect"
import { Mode, SchemaChange } from "./Run.ts"

/** What a sync would do to one dataset. */
const DatasetReview = Schema.Struct({
  output: Schema.String,
  mode: Mode,
  /** As many as the connector wrote; an upsert's keys count once. */
  rows: Schema.Int,
  /** Rows that would come to those that are there, or take their place. */
  inserted: Schema.Int,
  /** Rows that are there and would give way to a replace. */
  replaced: Schema.Int,
  /** Rows that are there, with a key that an upsert brings; those that are the same count, though nothing of them would change. */
  merged: Schema.Int,
  /** As they would be from then on. */
  columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })),
  /** The first rows, at most five; an integer that a JSON number doesn't hold is text. */
  sample: Schema.Array(Schema.Record(Schema.String, Schema.Json)),
})
export type DatasetReview = typeof DatasetReview.Type

/** What a sync would do, found out by running its connector; nothing was written. Absent is null, never left out. */
export const Preview = Schema.Struct({
  connector: Schema.String,
  /** `partial`: a sync would have committed some of it before a later part failed. */
  outcome: Schema.Literals(["success", "partial", "failure"]),
  durationMs: Schema.Int,
  /** Requests that the connector made; null when it failed. */
  requests: Schema.NullOr(Schema.Int),
  /** By dataset. */
  datasets: Schema.Record(Schema.String, DatasetReview),
  /** By output that no dataset is mapped to. */
  dropped: Schema.Record(Schema.String, Schema.Int),
  schemaChanges: Schema.Array(SchemaChange),
  /** An ErrorDocument: rows that no longer fit their dataset. It is the `error` as well. */
  drift: Schema.NullOr(Schema.Json),
  /** The cursor that a sync would keep; null when it would fail. */
  state: Schema.NullOr(Schema.Json),
  /** The end of what the connector logged and printed. */
  log: Schema.Array(Schema.Struct({ stream: Schema.Literals(["log", "stdout", "stderr"]), text: Schema.String })),
  /** An ErrorDocument: why a sync would fail. */
  error: Schema.NullOr(Schema.Json),
})
export type Preview = typeof Preview.Type
