import { Context, type Stream } from "effect"
import type { Part } from "./ProjectChanges.ts"
import type { SyncEvent } from "./SyncService.ts"

/** Owns telling what happens in this process while it happens, and remembers the last of it for who comes back. */
export class Events extends Context.Service<
  Events,
  {
    /**
     * Never waits and never fails: whoever listens too slowly misses the oldest, and is told so. `elsewhere`: it happened
     * in another process.
     */
    readonly publish: (event: ProjectEvent, elsewhere?: boolean) => void
    /** Whether this run was begun in this process, as far back as that is remembered. */
    readonly isOurs: (runId: string) => boolean
    /**
     * What happens from now on, and before it what happened after `lastId` as far as that is remembered. A hello comes
     * first, and again wherever something is missing.
     */
    readonly since: (lastId: string | null) => Stream.Stream<ToldEvent>
    /** Runs that were published as started and not yet as finished, by connector. */
    readonly underWay: ReadonlyMap<string, RunUnderWay>
  }
>()("openislands/services/Events") {}

export type ProjectEvent =
  | SyncEvent
  /** Something became durable; what made it is a run of a connector, or neither for a rollback. */
  | {
      readonly type: "checkpoint"
      readonly checkpoint_id: string
      readonly connector: string | null
      readonly runId: string | null
    }
  /** The process of a run died before it could record its end. */
  | { readonly type: "lost"; readonly runId: string; readonly connector: string }
  /** Files that count were changed, by whoever; paths from the root, with slashes. */
  | { readonly type: "changed"; readonly parts: ReadonlyArray<Part>; readonly files: ReadonlyArray<string> }
  /** A human signed a connector in or out. */
  | { readonly type: "connection"; readonly connector: string; readonly connected: boolean }

/** Whoever reads it looks at everything anew if `missed`, and knows what is running. */
export interface Hello {
  readonly type: "hello"
  /** What happened before this is not, or not wholly, in this stream. */
  readonly missed: boolean
  readonly underWay: ReadonlyArray<RunUnderWay>
}

export interface ToldEvent {
  /** Means something to this process only: another one, which knows nothing of it, answers that something is missing. */
  readonly id: string
  readonly event: ProjectEvent | Hello
}

export interface RunUnderWay {
  readonly runId: string
  readonly connector: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly outcome: "running"
  /** Rows checked so far, by output. */
  readonly rows: Readonly<Record<string, number>>
}
