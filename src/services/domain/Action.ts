import { Schema } from "effect"

export const ActionMode = Schema.Literals(["insert", "replace", "delete", "update"])
export type ActionMode = typeof ActionMode.Type

/** What a row may hold in one column. */
export const ActionFieldInfo = Schema.Struct({
  name: Schema.String,
  /** A type of a contract; `unknown` where nothing but null has been there. */
  type: Schema.String,
  enum: Schema.NullOr(Schema.Array(Schema.Json)),
  min: Schema.NullOr(Schema.Union([Schema.Finite, Schema.String])),
  max: Schema.NullOr(Schema.Union([Schema.Finite, Schema.String])),
  /** What a row gets that lacks it and need not have it: null also where none is declared. Null of one that is required. */
  default: Schema.Json,
  /** A row must have it, and not null; nothing is of delete and update, which take parts of rows. */
  required: Schema.Boolean,
  description: Schema.NullOr(Schema.String),
})
export type ActionFieldInfo = typeof ActionFieldInfo.Type

/** One declared action, with the rows that it takes. */
export const ActionInfo = Schema.Struct({
  name: Schema.String,
  dataset: Schema.String,
  mode: ActionMode,
  description: Schema.NullOr(Schema.String),
  /** In the order of the dataset; empty where any columns will do, as the first rows settle them. */
  fields: Schema.Array(ActionFieldInfo),
  /** An ErrorDocument: why the dataset cannot be looked at. */
  error: Schema.NullOr(Schema.Json),
})
export type ActionInfo = typeof ActionInfo.Type

/** What was done; of several calls on one dataset it is `replace` if there was one, and else `update`. */
export const ActionsDone = Schema.Struct({
  /** Null when nothing changed. */
  checkpoint_id: Schema.NullOr(Schema.String),
  /** By dataset: rows that were written, changed or removed. */
  datasets: Schema.Record(Schema.String, Schema.Struct({ mode: ActionMode, rows: Schema.Int })),
})
export type ActionsDone = typeof ActionsDone.Type
