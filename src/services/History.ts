import { Context, type Effect, Schema } from "effect"
import type { Retention } from "./DatasetStore.ts"
import type { Checkpoint, Turned } from "./domain/Checkpoint.ts"
import type { DatasetChanged, StoreCorrupt, StoreFailed } from "./domain/StoreError.ts"
import type { SyncRunning } from "./domain/SyncRunning.ts"

/** Owns the checkpoints and takes the project back to before any of them, or forward again. */
export class History extends Context.Service<
  History,
  {
    /** Newest first. */
    readonly list: Effect.Effect<ReadonlyArray<Checkpoint>, StoreCorrupt | StoreFailed>
    /**
     * Undoes the newest checkpoint that is in force, or the one named; rolling back a rollback is a redo. What came
     * later on the same files and cursors goes with it. With `force`, edits made by hand behind our rows are kept.
     */
    readonly rollback: (
      checkpoint: string | null,
      options: { readonly force: boolean },
    ) => Effect.Effect<RolledBack, RollbackError>
    /** What `rollback` would do to the history as it stands, whose edits by hand it doesn't look at; changes nothing. */
    readonly foresee: (
      checkpoint: string,
    ) => Effect.Effect<Foreseen, CannotUndo | NothingToUndo | StoreCorrupt | StoreFailed | UnknownCheckpoint>
    /** When a rollback turned a sync of the connector last, either way, if that was after `since`; both in epoch milliseconds. */
    readonly undoneSince: (connector: string, since: number) => Effect.Effect<number | null, StoreCorrupt | StoreFailed>
    /** When a rollback turned a sync of each connector last, in epoch milliseconds, as far as the history is kept. */
    readonly undone: Effect.Effect<ReadonlyMap<string, number>, StoreCorrupt | StoreFailed>
    /**
     * Forgets the oldest checkpoints beyond the limits, and answers which, oldest first. The newest always stays, and
     * what a rollback that stays would need to be undone.
     */
    readonly prune: (limits: Retention) => Effect.Effect<ReadonlyArray<string>, StoreCorrupt | StoreFailed>
  }
>()("openislands/services/History") {}

export interface RolledBack extends Foreseen {
  /** The rollback's own. */
  readonly checkpoint_id: string
}

export interface Foreseen {
  /** Newest first; of a redo before all others the rollbacks that it turns back, the one that was named first. */
  readonly undone: ReadonlyArray<string>
  /** Checkpoints that are in force again. */
  readonly redone: ReadonlyArray<string>
  readonly datasets: Checkpoint["datasets"]
  /** By dataset, as `datasets`. */
  readonly turned: Readonly<Record<string, Turned>>
}

export type RollbackError =
  CannotUndo | DatasetChanged | NothingToUndo | StoreCorrupt | StoreFailed | SyncRunning | UnknownCheckpoint

export class NothingToUndo extends Schema.TaggedError<NothingToUndo>()("NothingToUndo", {
  /** The newest rollback that can be turned back; null when there is none. */
  rollback: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return "there is nothing to undo"
  }
  get suggestion() {
    return this.rollback === null
      ? "A sync that writes rows makes a checkpoint, which can then be undone."
      : `To redo what was undone last: openislands rollback ${this.rollback}`
  }
}

export class UnknownCheckpoint extends Schema.TaggedError<UnknownCheckpoint>()("UnknownCheckpoint", {
  checkpoint: Schema.String,
}) {
  override get message() {
    return `there is no checkpoint "${this.checkpoint}"`
  }
  get suggestion() {
    return '"openislands history" lists the checkpoints that are kept.'
  }
}

export class CannotUndo extends Schema.TaggedError<CannotUndo>()("CannotUndo", {
  checkpoint: Schema.String,
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    return `checkpoint ${this.checkpoint} cannot be undone: ${this.detail}`
  }
  get suggestion() {
    return this.next
  }
}
