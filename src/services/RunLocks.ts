import { Context, type Effect, type Scope } from "effect"
import type { Trigger } from "./domain/Run.ts"
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
      trigger?: Trigger | null,
    ) => Effect.Effect<HeldRun, SyncRunning | StoreFailed, Scope.Scope>
    /** Null when nobody runs it. */
    readonly holder: (connector: string) => Effect.Effect<RunHolder | null>
    /** Of every connector that somebody runs, in whatever process; also of one that the manifest has no more. */
    readonly holders: Effect.Effect<ReadonlyArray<RunHolder & { readonly connector: string }>>
  }
>()("openislands/services/RunLocks") {}

export interface RunHolder {
  readonly pid: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** Null when it is held for something else than a run. */
  readonly runId: string | null
  readonly trigger: Trigger | null
  /** Rows checked so far, by output, as its process said last. */
  readonly rows: Readonly<Record<string, number>>
}

export interface HeldRun {
  readonly nameGuest: (pid: number) => void
  /** How far the run is, for whoever looks from another process. */
  readonly tell: (rows: Readonly<Record<string, number>>) => void
}
