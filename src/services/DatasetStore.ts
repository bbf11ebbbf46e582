import { Context, type Effect, type Scope, type Stream } from "effect"
import type { ActionsDone } from "./domain/Action.ts"
import type { Contract } from "./domain/Contract.ts"
import type { DatasetEdits } from "./domain/Edits.ts"
import type { FieldType, SourceDataset } from "./domain/Manifest.ts"
import type { Row } from "./domain/Row.ts"
import type { Run, SchemaChange } from "./domain/Run.ts"
import type { DatasetReview } from "./domain/Preview.ts"
import type { SchemaDrift } from "./domain/SchemaDrift.ts"
import type {
  CannotSettle,
  CursorChanged,
  DatasetChanged,
  DatasetMalformed,
  DuplicateKey,
  EmptyReplace,
  RowRefused,
  SharedDataset,
  StagingCorrupt,
  StoreCorrupt,
  StoreFailed,
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
    /** Changes the types of columns, if what is in the dataset fits them; a checkpoint like any other. */
    readonly settle: (
      dataset: SourceDataset,
      types: ReadonlyMap<string, FieldType>,
      retention: Retention,
    ) => Effect.Effect<Settled, BeginError | CannotSettle>
    /**
     * Writes by hand: all of it or nothing, and a checkpoint like any other. `plan` says what is to be done, for datasets
     * that nothing else writes to from then on; it gets their contracts by name, null for an empty one.
     */
    readonly act: <E>(
      request: ActRequest,
      plan: (contracts: ReadonlyMap<string, Contract | null>) => Effect.Effect<ReadonlyArray<DatasetEdits>, E>,
    ) => Effect.Effect<ActionsDone, ActError | E>
    /**
     * The rows as they are when the stream begins, in order, in batches; each row has every column of the contract, in
     * its order. What is committed meanwhile is not among them. A dataset that is missing or empty has none. A part of
     * them costs little more than it is, wherever it lies, once what lies before it has been read or counted.
     */
    readonly read: (dataset: SourceDataset, part?: RowsPart) => Stream.Stream<ReadonlyArray<Row>, ReadError>
    /** How many rows there are. Reads what nobody has read or counted since it was written. */
    readonly count: (dataset: SourceDataset) => Effect.Effect<number, ReadError>
    /** Null when the dataset is empty. That of a file which the user brought is inferred, and not stored. */
    readonly contract: (dataset: SourceDataset) => Effect.Effect<Contract | null, ReadError>
  }
>()("openislands/services/DatasetStore") {}

export interface RowsPart {
  /** The number of the first row, from 0. */
  readonly from: number
  /** Rows at most. */
  readonly most: number
}

export interface TransactionScope {
  readonly connector: string
  readonly runId: string
  readonly outputs: ReadonlyArray<OutputTarget>
  readonly retention: Retention
  /**
   * From the start: the cursor is `{}`, and what is inserted takes the place of what this connector inserted before.
   * Rows that others wrote to the same dataset forbid that, unless `force` gives them up.
   */
  readonly full?: FullSync | null | undefined
}

export interface OutputTarget {
  readonly output: string
  readonly dataset: SourceDataset | null
  /** The columns that tell its rows apart; without them it cannot be upserted. */
  readonly key?: ReadonlyArray<string> | null | undefined
}

export interface FullSync {
  readonly force: boolean
}

/** How much history is kept; the newest checkpoint always is. */
export interface Retention {
  /** Ten that moved nothing but a cursor count as one: what brought rows is not pushed out by syncs that found none. */
  readonly checkpoints: number
  readonly bytes: number
  /** Each of them counts. */
  readonly exactly?: boolean
}

export interface ActRequest {
  /** Those that `plan` may write to; no more than one database among them. */
  readonly datasets: ReadonlyArray<SourceDataset>
  /** As the history shows it. */
  readonly action: string
  readonly retention: Retention
}

export interface Settled {
  readonly contract: Contract
  /** Null when it was like that already. */
  readonly checkpoint_id: string | null
}

export interface Transaction {
  readonly outputs: ReadonlyArray<OutputPlan>
  /** The connector's cursor as the last commit left it; `{}` at first. */
  readonly state: unknown
  /** `record` makes the run record that is committed with the rows. Nothing can be staged afterwards. */
  readonly commit: (work: Work, record: (committed: Committed) => Run) => Effect.Effect<Committed, CommitError>
  /**
   * Commits what was staged so far as a checkpoint of the same run, which a rollback undoes together with the run's
   * others. Whoever stages must hold still meanwhile, and goes on with the plans that come back: the same descriptors,
   * empty again, under the contracts as they are now.
   */
  readonly checkpoint: (work: Work, record: (committed: Committed) => Run) => Effect.Effect<Checkpointed, CommitError>
  /**
   * Verifies and judges what was staged so far as a commit would, and tells what that would do; nothing is published, and
   * nothing of it is kept but the contracts, under which whoever stages goes on as after a checkpoint.
   */
  readonly review: (work: Work) => Effect.Effect<Reviewed, CommitError>
}

export interface Reviewed {
  readonly review: Review
  readonly outputs: ReadonlyArray<OutputPlan>
}

/** What a commit would do, and has not done. */
export interface Review {
  readonly datasets: Readonly<Record<string, DatasetReview>>
  readonly dropped: Run["dropped"]
  readonly schemaChanges: ReadonlyArray<SchemaChange>
  /** Why a commit is refused; its dataset is among `datasets`, with the rows that came before. */
  readonly drift: SchemaDrift | null
}

export interface Checkpointed {
  readonly committed: Committed
  readonly outputs: ReadonlyArray<OutputPlan>
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
  readonly upserted: Run["upserted"]
  readonly dropped: Run["dropped"]
  readonly schemaChanges: ReadonlyArray<SchemaChange>
}

export type ReadError = DatasetChanged | DatasetMalformed | StoreCorrupt | StoreFailed
export type BeginError = ReadError
export type CommitError =
  | CursorChanged
  | DatasetChanged
  | DatasetMalformed
  | DuplicateKey
  | EmptyReplace
  | RowRefused
  | SchemaDrift
  | SharedDataset
  | StagingCorrupt
  | StoreCorrupt
  | StoreFailed
/** `output` of these is the action. */
export type ActError = Exclude<CommitError, CursorChanged | SharedDataset>
