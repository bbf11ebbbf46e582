import type { Description } from "../../services/domain/Description.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Tokens } from "../../services/TokenService.ts"

/** The descriptor of what `ctx.log` writes; the channel is 3. */
export const logDescriptor = 4
/** The outputs' descriptors follow. */
export const firstDescriptor = 5

/** Times that one run may ask for a checkpoint: each leaves an entry in the history, and costs what a sync costs. */
export const mostCheckpoints = 10_000

/** What the parent asks of a guest; a guest does one job and ends. */
export interface DescribeJob {
  readonly type: "describe"
  /** `file:` URL of the bundle. */
  readonly bundle: string
  readonly builtins: ReadonlyArray<string>
  readonly net: Net
  /** Absent when the manifest has none. */
  readonly config?: unknown
}

export interface RunJob {
  readonly type: "run"
  readonly bundle: string
  readonly builtins: ReadonlyArray<string>
  readonly net: Net
  readonly config?: unknown
  readonly secrets: Readonly<Record<string, string>>
  readonly tokens: Tokens | null
  readonly state: unknown
  /** `fd` is the guest's own number. */
  readonly outputs: ReadonlyArray<OutputPlan>
}

/** What a guest may reach. */
export interface Net {
  /** For its messages; null where the bundle is nobody's yet. */
  readonly connector: string | null
  /** As the manifest has them; null leaves the network open. */
  readonly hosts: ReadonlyArray<string> | null
  /** This project's own server, which is refused in either case. */
  readonly server: { readonly ports: ReadonlyArray<number>; readonly addresses: ReadonlyArray<string> } | null
}

export type Job = DescribeJob | RunJob

export interface Described {
  readonly type: "described"
  readonly description: Description
}

/** The connector's code failed, or isn't a connector. `stack` is the guest's own, positions in the bundle. */
export interface Failed {
  readonly type: "failed"
  readonly reason: "no-default-export" | "not-a-connector" | "invalid-definition" | "config-threw" | "threw"
  readonly detail: string
  readonly stack: string | null
}

/** Rows checked so far. */
export interface Progress {
  readonly type: "progress"
  readonly rows: Readonly<Record<string, number>>
}

/** Every row written so far is in its descriptor, and nothing more is written until the answer. */
export interface Checkpoint {
  readonly type: "checkpoint"
  readonly outputs: ReadonlyArray<OutputReport>
  readonly state: string
}

/** The host's answer: what the guest wrote is durable, and its descriptors are empty again. */
export interface Checkpointed {
  readonly type: "checkpointed"
  readonly checkpoint_id: string | null
  /** As those of the job. */
  readonly outputs: ReadonlyArray<OutputPlan>
}

/** A provider answered 401 to this token. */
export interface Unauthorized {
  readonly type: "unauthorized"
  readonly accessToken: string
}

/** The host's answer: newer tokens, or null when there are none. */
export interface Renewed {
  readonly type: "renewed"
  readonly tokens: Tokens | null
}

/** `sync` is through, and every row is in its descriptor. */
export interface Synced {
  readonly type: "synced"
  readonly outputs: ReadonlyArray<OutputReport>
  readonly state: string
  readonly requests: number
}

/** Why nothing of a run may be kept. `stack` is of the connector's code that is to blame. */
export type SyncFailed =
  | {
      readonly type: "sync-failed"
      readonly why: "threw"
      readonly detail: string
      readonly stack: string | null
      /** Trying again later may mend it. */
      readonly retryable: boolean
      /** Milliseconds to wait at least; null if nobody said. */
      readonly retryAfter: number | null
      /** What the manifest doesn't grant; null when that was not why. */
      readonly refused: { readonly permission: "net" | "read"; readonly value: string } | null
      /** Of the answer that it failed for; null when none is known. */
      readonly providerStatus: number | null
    }
  | { readonly type: "sync-failed"; readonly why: "state"; readonly detail: string; readonly stack: string | null }
  | { readonly type: "sync-failed"; readonly why: "output"; readonly output: string; readonly stack: string | null }
  | {
      readonly type: "sync-failed"
      readonly why: "row"
      readonly output: string
      readonly row: number
      readonly key: string | null
      readonly column: string | null
      readonly expected: string
      readonly got: string
      readonly stack: string | null
    }
