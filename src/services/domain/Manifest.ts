import type { ConnectorSchedule } from "./ConnectorSchedule.ts"
import type { Codec } from "./Contract.ts"

/** A manifest whose every entry has been checked: names are names, and each path is real and inside the project. */
export interface Manifest {
  readonly connectors: ReadonlyMap<string, ConnectorEntry>
  readonly datasets: ReadonlyMap<string, DatasetEntry>
  readonly actions: ReadonlyMap<string, ActionEntry>
  readonly history: { readonly checkpoints: number; readonly bytes: number }
  readonly serve: { readonly origin: string | null }
}

export interface ConnectorEntry {
  readonly name: string
  /** As written, relative to the project root. */
  readonly module: string
  /** Where `module` leads, symlinks followed; the last part need not exist. */
  readonly directory: string
  /** Connector output -> dataset. */
  readonly datasets: ReadonlyMap<string, string>
  readonly schedule: ConnectorSchedule | null
  /** As written, `{}` when absent; the connector's own schema has the last word. */
  readonly config: unknown
  readonly description: string | null
  /** Milliseconds an attempt may take; null is the default. */
  readonly timeout: number | null
  readonly permissions: Permissions
}

export interface Permissions {
  /** Real paths of files and directories that the guest may read. */
  readonly read: ReadonlyArray<string>
  /** Hosts that the guest may reach; null leaves the network open. */
  readonly net: ReadonlyArray<string> | null
}

export type Format = "csv" | "json" | "jsonl" | "parquet" | "sqlite"

/** What rows on their way into a format are staged as. */
export const codecOf = (format: Format): Codec => (format === "csv" ? "csv" : "jsonl")

export type DatasetEntry = SourceDataset | SqlDataset

export interface SourceDataset {
  readonly kind: "source"
  readonly name: string
  /** As written, relative to the project root. */
  readonly source: string
  /** Where `source` leads, symlinks followed; the file need not exist yet. */
  readonly file: string
  readonly format: Format
  /** The table inside a database file; null for every other format. */
  readonly table: string | null
  readonly description: string | null
  readonly onDrift: "reject" | "evolve"
  readonly onEmpty: "clear" | "keep" | "fail"
}

export interface SqlDataset {
  readonly kind: "sql"
  readonly name: string
  readonly file: string
  readonly description: string | null
}

export interface ActionEntry {
  readonly name: string
  readonly dataset: string
  readonly mode: "insert" | "replace" | "delete" | "update"
  readonly description: string | null
  /** Column -> what narrows it beyond the dataset's contract. */
  readonly fields: ReadonlyMap<string, ActionField>
}

/** What a column can be declared to hold: the types of a contract but `unknown`. */
export const fieldTypes = ["string", "integer", "number", "boolean", "date", "timestamp", "json"] as const
export type FieldType = (typeof fieldTypes)[number]

export interface ActionField {
  readonly type: FieldType | null
  readonly enum: ReadonlyArray<string | number | boolean | null> | null
  /** Numbers, or texts in the order of dates and timestamps. */
  readonly min: number | string | null
  readonly max: number | string | null
  /** Absent when there is none: null is a default too. */
  readonly default?: unknown
  readonly description: string | null
}
