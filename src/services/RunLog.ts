import { Context, type Effect, Schema, type Scope } from "effect"
import type { LogLine } from "./ConnectorHost.ts"
import type { Run } from "./domain/Run.ts"
import type { StoreFailed } from "./domain/StoreError.ts"

/** Owns what has run: a record per run, the newest 1,000 of each connector, and each run's log. Never undone. */
export class RunLog extends Context.Service<
  RunLog,
  {
    /** Newest first; of one connector, or of all of them. */
    readonly list: (connector: string | null, limit: number) => Effect.Effect<ReadonlyArray<Run>, StoreFailed>
    /** What a connector's freshness is told by: its newest run that was not skipped, and its newest success. */
    readonly latest: (connector: string) => Effect.Effect<Latest, StoreFailed>
    readonly get: (runId: string) => Effect.Effect<Run, StoreFailed | UnknownRun>
    /** For runs that didn't end with a commit; the others are recorded by their transaction. The newest of a run counts. */
    readonly append: (run: Run) => Effect.Effect<void, StoreFailed>
    /** Takes lines until the scope closes: at most 64 KB a line and 10 MB a run, the rest is counted. */
    readonly open: (runId: string) => Effect.Effect<(line: LogLine) => void, StoreFailed, Scope.Scope>
    /** The log as it is, also of a run that is under way. */
    readonly lines: (runId: string) => Effect.Effect<ReadonlyArray<RecordedLine>, StoreFailed | UnknownRun>
    /** Ends as soon as anybody, in whatever process, asks for this run's end. */
    readonly cancelAsked: (runId: string) => Effect.Effect<void>
    readonly askCancel: (runId: string) => Effect.Effect<void, StoreFailed>
    /** Takes back what `askCancel` left, if nobody has heard of it. */
    readonly withdrawCancel: (runId: string) => Effect.Effect<void>
  }
>()("openislands/services/RunLog") {}

export interface Latest {
  readonly run: Run | null
  readonly success: Run | null
  /** How many failed since that success; one that was ended together with its host is none. */
  readonly failed: number
  /** The newest of those. */
  readonly failure: Run | null
  /** The newest one since that success which somebody stopped. */
  readonly cancelled: Run | null
}

export interface RecordedLine extends LogLine {
  /** ISO 8601, UTC. */
  readonly at: string
}

export class UnknownRun extends Schema.TaggedError<UnknownRun>()("UnknownRun", { runId: Schema.String }) {
  override get message() {
    return `there is no run "${this.runId}"`
  }
  get suggestion() {
    return '"openislands runs" lists the runs that are kept.'
  }
}
