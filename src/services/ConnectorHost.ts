import { Context, type Effect } from "effect"
import type { Bundle } from "./BundlerService.ts"
import type { Work } from "./DatasetStore.ts"
import type { Description } from "./domain/Description.ts"
import type { GuestError } from "./domain/GuestError.ts"
import type { LoadError } from "./domain/LoadError.ts"
import type { Permissions } from "./domain/Manifest.ts"
import type { OutputPlan } from "./domain/OutputPlan.ts"
import type { ProjectUnwritable } from "./Project.ts"
import type { Credentials, Tokens } from "./TokenService.ts"

/** Owns the guest: a process of its own, with no environment and nothing beyond what it is given, that runs a bundle. */
export class ConnectorHost extends Context.Service<
  ConnectorHost,
  {
    /** What the connector declares, and its own schema's verdict on `config`. Cached; a hit runs no connector code. */
    readonly describe: (
      bundle: Bundle,
      config: unknown,
      permissions: Permissions,
    ) => Effect.Effect<Description, LoadError | ProjectUnwritable>
    /**
     * Runs `sync(ctx)` once. Rows go, checked and encoded, straight into the outputs' descriptors; when this succeeds the
     * guest's process is gone. Interrupting it tells the guest to stop (`ctx.signal`), then ends it.
     */
    readonly run: <E>(job: SyncJob<E>) => Effect.Effect<GuestWork, E | GuestError | LoadError>
  }
>()("openislands/services/ConnectorHost") {}

export interface SyncJob<E = never> {
  readonly connector: string
  readonly bundle: Bundle
  readonly permissions: Permissions
  /** As written; the guest parses it with the connector's own schema, so transforms reach `ctx.config`. */
  readonly config: unknown
  readonly credentials: Credentials
  readonly state: unknown
  readonly outputs: ReadonlyArray<OutputPlan>
  /** Milliseconds. */
  readonly timeout: number
  /** A line of the run's log. */
  readonly onLine: (line: LogLine) => void
  /** Rows checked so far, by output; a few times a second at most. */
  readonly onProgress: (rows: Readonly<Record<string, number>>) => void
  /** It says itself that it failed, and how far it had come; told before the run ends with why. */
  readonly onFailed?: ((far: Far) => void) | undefined
  /** `ctx.checkpoint()`: makes durable what was staged so far. The guest holds still meanwhile; a failure ends it. */
  readonly onCheckpoint: (work: Work) => Effect.Effect<GoingOn, E>
  /** A provider answered 401 to these: answers newer ones, or null when there are none. */
  readonly onUnauthorized: (accessToken: string) => Effect.Effect<Tokens | null, E>
  /** The process has started: whoever finds this run's lock free later has to end it first. */
  readonly onStart: (pid: number) => void
}

export interface Far {
  /** Requests that the connector made, by `ctx.fetch` or `fetch`, retries included. */
  readonly requests: number
  /** Rows checked, by output. */
  readonly rows: Readonly<Record<string, number>>
}

/** How a guest goes on after a checkpoint: the same descriptors, empty again. */
export interface GoingOn {
  /** Null when nothing had changed. */
  readonly checkpoint_id: string | null
  /** In the order of the job's. */
  readonly outputs: ReadonlyArray<OutputPlan>
}

export interface GuestWork extends Work {
  /** Requests that the connector made, by `ctx.fetch` or `fetch`, retries included. */
  readonly requests: number
}

export interface LogLine {
  /** `log` is `ctx.log`, the others what the connector printed. */
  readonly stream: "log" | "stdout" | "stderr"
  readonly text: string
}
