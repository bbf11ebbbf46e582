import { Context, type Effect } from "effect"
import type { ReadError } from "./DatasetStore.ts"
import type { DatasetNotFound } from "./domain/DatasetNotFound.ts"
import type { ColumnType } from "./domain/Contract.ts"
import type { ErrorDocument } from "./domain/ErrorDocument.ts"
import type { ManifestSyntax } from "./domain/ManifestProblem.ts"
import type {
  CannotReadAt,
  DatasetUnsettled,
  QueryCrashed,
  QueryFailed,
  QueryRefused,
  QueryTimeout,
  QueryTooLarge,
} from "./domain/QueryError.ts"
import type { Row } from "./domain/Row.ts"
import type { SqlProblem } from "./domain/SqlProblem.ts"
import type { UnknownCheckpoint } from "./History.ts"
import type { CheckedManifest, ManifestUnreadable } from "./ManifestService.ts"
import type { ProjectUnwritable } from "./Project.ts"

/** Owns reading the datasets by SQL: one SELECT over datasets by name, which sees nothing else and changes nothing. */
export class QueryService extends Context.Service<
  QueryService,
  {
    /** Runs in a process of its own; however it ends, the caller's doesn't. */
    readonly query: (sql: string, options: QueryOptions) => Effect.Effect<Answer, QueryError>
    /** Every dataset of the manifest in its order; what is wrong with one is in its `error`. */
    readonly datasets: Effect.Effect<
      ReadonlyArray<DatasetDescription>,
      ManifestUnreadable | ManifestSyntax | MachineError
    >
    readonly describe: (
      dataset: string,
    ) => Effect.Effect<DatasetDescription, ManifestUnreadable | ManifestSyntax | DatasetNotFound | MachineError>
    /** What is wrong with the `sql` datasets of a manifest, each at its place; starts nothing where there are none. */
    readonly problems: (checked: CheckedManifest) => Effect.Effect<ReadonlyArray<SqlProblem>, MachineError>
  }
>()("openislands/services/QueryService") {}

export interface QueryOptions {
  /** Datasets as they were right after this checkpoint; null is now. */
  readonly at: string | null
  /** Rows at most, 1 to 100,000; null is 1,000. */
  readonly limit: number | null
  /** That it may take, loading the datasets included; null is 30. */
  readonly seconds?: number | null | undefined
}

/**
 * Values are as JSON has them: dates and timestamps as ISO 8601 text, integers as numbers or, where these wouldn't hold
 * them, as text; lists, structs and JSON as parsed, or as text where they are nested deeper than 100 levels. Columns of one name are told apart by a number behind it.
 */
export interface Answer {
  readonly columns: ReadonlyArray<AnswerColumn>
  readonly rows: ReadonlyArray<Row>
  /** There are more rows. */
  readonly truncated: boolean
}

export interface AnswerColumn {
  readonly name: string
  readonly type: ColumnType
}

export interface DatasetDescription {
  readonly name: string
  /** Null for an entry that isn't one. */
  readonly kind: "source" | "sql" | null
  /** As written: the file of the rows, or of the query. */
  readonly source: string | null
  readonly sql: string | null
  readonly table: string | null
  readonly format: string | null
  readonly exists: boolean
  /** Null where counting would take reading. */
  readonly rows: number | null
  /** Null while nothing has settled them. */
  readonly columns: ReadonlyArray<AnswerColumn & { readonly optional: boolean }> | null
  /** What writes to it. */
  readonly outputs: ReadonlyArray<{ readonly connector: string; readonly output: string }>
  readonly description: string | null
  readonly error: ErrorDocument | null
}

export type MachineError = ProjectUnwritable | QueryCrashed | QueryFailed | QueryTimeout | QueryTooLarge

export type QueryError =
  | CannotReadAt
  | DatasetNotFound
  | DatasetUnsettled
  | MachineError
  | ManifestSyntax
  | ManifestUnreadable
  | QueryRefused
  | ReadError
  | SqlProblem
  | UnknownCheckpoint
