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
  Schema.Struct({
    version: Schema.Literal(1),
    columns: Schema.Array(Column),
    writers: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
)
const decode = Schema.decodeUnknownOption(StoredContract)

/** Relative to `.openislands`. */
export const contractFile = (dataset: string): string => `contracts/${dataset}.json`

/** A contract as it is kept, with whose rows the dataset holds: connectors, or `somebody` else. */
export interface KeptContract {
  readonly contract: Contract
  readonly writers: ReadonlyArray<string>
}

/** Whoever is no connector: the user, an action. No name of a connector looks like this. */
export const somebody = "*"

/** Null when it isn't one. */
export const parseContract = (text: string): KeptContract | null => {
  const stored = Option.getOrNull(decode(text))
  return stored === null ? null : { contract: { columns: stored.columns }, writers: stored.writers ?? [somebody] }
}

export const contractText = ({ contract: { columns }, writers }: KeptContract): string => {
  const lines = columns.map((column) => `    ${JSON.stringify(column)}`)
  const by = JSON.stringify(writers.toSorted())
  return `{\n  "version": 1,\n  "columns": [\n${lines.join(",\n")}\n  ],\n  "writers": ${by}\n}\n`
}

/** How a dataset's file is named to people: as they wrote it. */
export const sourceName = (dataset: SourceDataset): string => dataset.source
