import { Context, type Effect, type Scope, type Stream } from "effect"
import type { Contract } from "./domain/Contract.ts"
import type { SourceDataset } from "./domain/Manifest.ts"
import type { Row } from "./domain/Row.ts"
import type { Run, SchemaChange } from "./domain/Run.ts"
import type {
  CursorChanged,
  DatasetChanged,
  EmptyReplace,
  SchemaDrift,
  StagingCorrupt,
  StoreCorrupt,
  StoreFailed,
  UnsupportedFormat,
} from "./domain/StoreError.ts"
import type { OutputPlan } from "./domain/OutputPlan.ts"
import type { OutputReport } from "./domain/OutputReport.ts"

/**
 * Owns the datasets' bytes, their contracts and the connectors' cursors: nothing else writes them. A transaction's
 * rows, cursor and run record become durable together or not at all, whatever dies when.
 */
export class DatasetStore extends Context.Service<
  DatasetStore,
  {
    /** Opens a transaction; closing the scope without a commit leaves no trace of it. */
    readonly begin: (scope: TransactionScope) => Effect.Effect<Transaction, BeginError, Scope.Scope>
    /**
     * The rows as they are when the stream begins, in order, in batches; each row has every column of the contract, in
     * its order. What is committed meanwhile is not among them. A dataset that is missing or empty has none.
     */
    readonly read: (dataset: SourceDataset) => Stream.Stream<ReadonlyArray<Row>, ReadError>
    /** Null when the dataset is empty. That of a file which the user brought is inferred, and not stored. */
    readonly contract: (dataset: SourceDataset) => Effect.Effect<Contract | null, ReadError>
  }
>()("openislands/services/DatasetStore") {}

export interface TransactionScope {
  readonly connector: string
  readonly runId: string
  readonly outputs: ReadonlyArray<{ readonly output: string; readonly dataset: SourceDataset | null }>
  /** How much history is kept; the newest checkpoint always is. */
  readonly retention: { readonly checkpoints: number; readonly bytes: number }
}

export interface Transaction {
  readonly outputs: ReadonlyArray<OutputPlan>
  /** The connector's cursor as the last commit left it; `{}` at first. */
  readonly state: unknown
  /** `record` makes the run record that is committed with the rows. */
  readonly commit: (work: Work, record: (committed: Committed) => Run) => Effect.Effect<Committed, CommitError>
}

export interface Work {
  readonly outputs: ReadonlyArray<OutputReport>
  /** The cursor from now on, as JSON text. */
  readonly state: string
}

export interface Committed {
  /** Null when nothing changed. */
  readonly checkpoint_id: string | null
  readonly datasets: Run["datasets"]
  readonly dropped: Run["dropped"]
  readonly schemaChanges: ReadonlyArray<SchemaChange>
}

export type BeginError = DatasetChanged | StoreCorrupt | StoreFailed | UnsupportedFormat
export type CommitError =
  | CursorChanged
  | DatasetChanged
  | EmptyReplace
  | SchemaDrift
  | StagingCorrupt
  | StoreCorrupt
  | StoreFailed
  | UnsupportedFormat
/** Whatever looks at a dataset can fail like this. */
export type ReadError = BeginError
