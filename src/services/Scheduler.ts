import { Context, type Effect } from "effect"
import type { SyncEvent } from "./SyncService.ts"

/** Runs connectors when they are due, by the wall clock: sleep, clock changes and edits cost at most one catch-up run. */
export class Scheduler extends Context.Service<
  Scheduler,
  {
    /** For as long as somebody runs it; only `serve` does. Ends its syncs when it is interrupted. */
    readonly run: (onEvent?: (event: SyncEvent) => void) => Effect.Effect<never>
    /** Something has changed: it looks now rather than within half a minute. */
    readonly wake: Effect.Effect<void>
  }
>()("openislands/services/Scheduler") {}
