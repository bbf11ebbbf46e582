import { Context, type Effect, type Scope } from "effect"
import type { StoreFailed } from "./domain/StoreError.ts"
import type { SyncRunning } from "./domain/SyncRunning.ts"

/** Owns who runs what: one process at a time per connector, whatever dies. */
export class RunLocks extends Context.Service<
  RunLocks,
  {
    /**
     * Held as long as the scope. Whoever gets it ends the guest that a dead holder left behind, first. A holder is given
     * a way to name the guest that it starts.
     */
    readonly take: (connector: string) => Effect.Effect<HeldRun, SyncRunning | StoreFailed, Scope.Scope>
    /** Null when nobody runs it. */
    readonly holder: (connector: string) => Effect.Effect<{ readonly pid: number; readonly startedAt: string } | null>
  }
>()("openislands/services/RunLocks") {}

export interface HeldRun {
  readonly nameGuest: (pid: number) => void
}
