import { Context, type Effect } from "effect"
import type { LogLine } from "./ConnectorHost.ts"
import type { UnknownConnector } from "./ConnectorCatalog.ts"
import type { ManifestSyntax } from "./domain/ManifestProblem.ts"
import type { Preview } from "./domain/Preview.ts"
import type { StoreFailed } from "./domain/StoreError.ts"
import type { SyncRunning } from "./domain/SyncRunning.ts"
import type { ManifestUnreadable } from "./ManifestService.ts"

/** Runs a connector against its provider and tells what a sync would do: no row, cursor or record is written. */
export class PreviewService extends Context.Service<
  PreviewService,
  {
    /** Whatever keeps a sync from succeeding is in the preview; only what keeps it from beginning is an error. */
    readonly preview: (
      connector: string,
      options?: PreviewOptions,
    ) => Effect.Effect<Preview, UnknownConnector | ManifestUnreadable | ManifestSyntax | SyncRunning | StoreFailed>
  }
>()("openislands/services/PreviewService") {}

export interface PreviewOptions {
  /** What is logged, while it is; without secrets. */
  readonly onLine?: (line: LogLine) => void
  /** Rows checked so far, by output. */
  readonly onProgress?: (rows: Readonly<Record<string, number>>) => void
}
