import { Context, type Effect, type Scope } from "effect"
import type { StoreFailed } from "./domain/StoreError.ts"
import type { SyncRunning } from "./domain/SyncRunning.ts"

/** Owns who runs what: one process at a time per connector, whatever dies. */
export class RunLocks extends Context.Service<
  RunLocks,
  {
    /**
     * Held as long as the scope. Whoever gets it ends the guest that a dead holder left behind, first. A holder is given
     * a way to name the guest that it starts. Without a run it is held by whoever moves the connector's cursor.
     */
    readonly take: (
      connector: string,
      runId?: string | null,
    ) => Effect.Effect<HeldRun, SyncRunning | StoreFailed, Scope.Scope>
    /** Null when nobody runs it. */
    readonly holder: (connector: string) => Effect.Effect<RunHolder | null>
  }
>()("openislands/services/RunLocks") {}

export interface RunHolder {
  readonly pid: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly runId: string | null
  /** Rows checked so far, by output, as its process said last. */
  readonly rows: Readonly<Record<string, number>>
}

export interface HeldRun {
  readonly nameGuest: (pid: number) => void
  /** How far the run is, for whoever looks from another process. */
  readonly tell: (rows: Readonly<Record<string, number>>) => void
}
