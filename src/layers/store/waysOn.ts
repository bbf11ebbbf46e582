import type { ColumnType, Contract } from "../../services/domain/Contract.ts"
import type { FieldType } from "../../services/domain/Manifest.ts"
import type { ColumnReport, Drift } from "../formats/drift.ts"
import { acceptMask, join } from "../formats/settle.ts"
import { bitOfType } from "../formats/values.ts"
import type { DatasetState } from "./datasetState.ts"

/** New columns that are equal to one of the contract but for case. */
export const recased = ({ added }: Drift, contract: Contract | null) =>
  added.flatMap(({ column }) => {
    const same = contract?.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())
    return same === undefined ? [] : [{ column, existing: same.name }]
  })

/** For each column that got values of another type, the type that would take them and all that can be there; if there is one. */
export const settleable = (
  { retyped }: Drift,
  reports: ReadonlyArray<ColumnReport>,
  ground: Pick<DatasetState, "dataset" | "codec">,
) =>
  retyped.flatMap(({ column, expected }) => {
    const report = reports.find(({ name }) => name === column)
    const type = report === undefined ? null : typeForBoth(expected, report, ground)
    return type === null ? [] : [{ column, type }]
  })

const typeForBoth = (
  expected: ColumnType,
  { seen }: ColumnReport,
  { dataset: { format }, codec }: Pick<DatasetState, "dataset" | "codec">,
): FieldType | null => {
  // A table and a Parquet file have types of their own, which a contract cannot change.
  // Those that a column of json refuses come of a change while the sync ran.
  if (expected === "json" || (codec !== "csv" && format !== "json" && format !== "jsonl")) return null
  const arriving = seen.reduce((mask, { type }) => mask | bitOfType(type), 0)
  const joined = join(bitOfType(expected) | arriving, codec)
  if (!joined.mixed) return joined.type === "unknown" ? null : joined.type
  // Every cell of a CSV is text, but not every value that arrives is.
  return (arriving & ~acceptMask({ type: "string" }, codec)) === 0 ? "string" : null
}
