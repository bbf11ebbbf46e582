import { Context, type Effect } from "effect"
import type { ReadError } from "./DatasetStore.ts"
import type { Contract, Eol } from "./domain/Contract.ts"
import type { SourceDataset } from "./domain/Manifest.ts"
import type { CannotReadAt } from "./domain/QueryError.ts"
import type { UnknownCheckpoint } from "./History.ts"

/** Owns the datasets' files for whoever reads them by means of its own: all of one moment, and nobody commits meanwhile. */
export class Snapshots extends Context.Service<
  Snapshots,
  {
    /** The datasets as they are, for as long as `use` takes; syncs that want to commit wait for it. */
    readonly now: <A, E, R>(
      datasets: ReadonlyArray<SourceDataset>,
      use: (found: ReadonlyArray<Still>) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | ReadError, R>
    /** Like `now`, as they were right after a checkpoint. What has to be made for that goes into `scratch`, a directory. */
    readonly at: <A, E, R>(
      checkpoint: string,
      datasets: ReadonlyArray<SourceDataset>,
      scratch: string,
      use: (found: ReadonlyArray<Still>) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | ReadError | CannotReadAt | UnknownCheckpoint, R>
  }
>()("openislands/services/Snapshots") {}

/** A dataset that holds still. */
export interface Still {
  /** Its `file` may be another one than the manifest's. */
  readonly dataset: SourceDataset
  /** Null when it is empty and has never had columns. */
  readonly contract: Contract | null
  /** The header of a CSV with rows; what a database's table has for columns. */
  readonly header: ReadonlyArray<string> | null
  readonly eol: Eol
}
