import { Schema } from "effect"
import { Mode } from "./Run.ts"

const ColumnType = Schema.Literals(["string", "integer", "number", "boolean", "date", "timestamp", "json", "unknown"])
const Rows = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const Told = Schema.String.check(Schema.isMaxLength(300))

/** What the rows of one output showed of a column. */
const ColumnReport = Schema.Struct({
  name: Schema.String,
  type: ColumnType,
  seen: Schema.Array(
    Schema.Struct({ type: ColumnType, row: Rows, value: Schema.optionalKey(Told), key: Schema.optionalKey(Told) }),
  ),
  nulls: Schema.Boolean,
  absent: Schema.Boolean,
  firstRow: Schema.NullOr(Rows),
  key: Schema.optionalKey(Told),
})

/** What a run did to one output; the guest says so, and nothing of it is believed that the staged bytes don't show. */
export const OutputReport = Schema.Struct({
  output: Schema.String,
  /** Null: the output was not written to at all. `upsert`: rows in the order of the calls, the last of a key counts. */
  mode: Schema.NullOr(Mode),
  /** Whether the staged bytes are a file of their own (a CSV with its header) or rows to be appended. */
  shape: Schema.Literals(["whole", "segment"]),
  rows: Rows,
  columns: Schema.Array(ColumnReport),
  /** Columns of the first CSV records. */
  headerColumns: Rows,
})
export type OutputReport = typeof OutputReport.Type
