import { Context, type Effect } from "effect"
import type { FullSync } from "./DatasetStore.ts"
import type { UnknownConnector } from "./ConnectorCatalog.ts"
import type { ManifestSyntax } from "./domain/ManifestProblem.ts"
import type { Run, Trigger } from "./domain/Run.ts"
import type { RunFinished, StillRunning } from "./domain/RunFinished.ts"
import type { StoreFailed } from "./domain/StoreError.ts"
import type { ManifestUnreadable } from "./ManifestService.ts"
import type { UnknownRun } from "./RunLog.ts"

/** Runs connectors: one sync is one transaction, and whatever happens in it ends as one run record. */
export class SyncService extends Context.Service<
  SyncService,
  {
    /** One connector. A failure is a run whose `error` says why; being busy is `skipped`. */
    readonly sync: (
      connector: string,
      options: SyncOptions,
    ) => Effect.Effect<Run, UnknownConnector | ManifestUnreadable | ManifestSyntax>
    /** Every connector of the manifest once, each independent of the others. */
    readonly syncAll: (options: SyncOptions) => Effect.Effect<ReadonlyArray<Run>, ManifestUnreadable | ManifestSyntax>
    /** Ends a run that is under way, in whatever process; answers its record, whose error is `SyncCancelled`. */
    readonly cancel: (runId: string) => Effect.Effect<Run, UnknownRun | RunFinished | StillRunning | StoreFailed>
  }
>()("openislands/services/SyncService") {}

export interface SyncOptions {
  readonly trigger: Trigger
  /** From the start, see `TransactionScope`. */
  readonly full?: FullSync | null | undefined
  readonly onEvent?: (event: SyncEvent) => void
}

/** What happens while it happens. */
export type SyncEvent =
  | { readonly type: "started"; readonly runId: string; readonly connector: string }
  | {
      readonly type: "progress"
      readonly runId: string
      readonly connector: string
      readonly rows: Readonly<Record<string, number>>
    }
  | {
      readonly type: "line"
      readonly runId: string
      readonly connector: string
      readonly stream: string
      readonly text: string
    }
  | { readonly type: "finished"; readonly runId: string; readonly connector: string; readonly run: Run }
