import { Option, Schema } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"

const Column = Schema.Struct({
  name: Schema.String,
  type: Schema.Literals(["string", "integer", "number", "boolean", "date", "timestamp", "json", "unknown"]),
  optional: Schema.Boolean,
  mixed: Schema.optionalKey(Schema.Literal(true)),
})
const StoredContract = Schema.fromJsonString(
  Schema.Struct({ version: Schema.Literal(1), columns: Schema.Array(Column) }),
)
const decode = Schema.decodeUnknownOption(StoredContract)

/** Relative to `.openislands`. */
export const contractFile = (dataset: string): string => `contracts/${dataset}.json`

/** Null when it isn't one. */
export const parseContract = (text: string): Contract | null => {
  const stored = Option.getOrNull(decode(text))
  return stored === null ? null : { columns: stored.columns }
}

export const contractText = ({ columns }: Contract): string => {
  const lines = columns.map((column) => `    ${JSON.stringify(column)}`)
  return `{\n  "version": 1,\n  "columns": [\n${lines.join(",\n")}\n  ]\n}\n`
}

/** How a dataset's file is named to people: as they wrote it. */
export const sourceName = (dataset: SourceDataset): string => dataset.source
