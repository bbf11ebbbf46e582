import { Schema } from "effect"
import { Mode, SchemaChange } from "./Run.ts"

/** Rows that a sample has at most. */
export const sampleSize = 5

const Cells = Schema.Record(Schema.String, Schema.Json)

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
  /** Rows that are there, with a key that an upsert brings, those that would stay as they are among them. */
  merged: Schema.Int,
  /** Of the merged ones those that are the same already. */
  unchanged: Schema.Int,
  /** As they would be from then on. */
  columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })),
  /**
   * The first rows, of an upsert each key once and as it would stand; of rows that drift those before the
   * first that doesn't fit. An integer that a JSON number doesn't hold is text.
   */
  sample: Schema.Array(Cells),
  /** Rows that are neither in the sample nor the misfit; of an upsert, keys of the whole run. */
  more: Schema.Int,
  /** Of a drift the first row that doesn't fit; null where there is none, as with a column that is missing in all of them. */
  misfit: Schema.NullOr(
    Schema.Struct({
      /** 0-based, as in the drift. */
      row: Schema.Int,
      /** Those in which it doesn't fit. */
      columns: Schema.Array(Schema.String),
      values: Cells,
    }),
  ),
})
export type DatasetReview = typeof DatasetReview.Type

/** What a sync would do, found out by running its connector; nothing was written. Absent is null, never left out. */
export const Preview = Schema.Struct({
  connector: Schema.String,
  /** `partial`: a sync would have committed some of it before a later part failed. */
  outcome: Schema.Literals(["success", "partial", "failure"]),
  durationMs: Schema.Int,
  /** Requests that the connector made; null where nobody counted to the end, as its process was ended. */
  requests: Schema.NullOr(Schema.Int),
  /** By output, rows that it had written when it failed; null where it did not, or could not tell. */
  written: Schema.NullOr(Schema.Record(Schema.String, Schema.Int)),
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
