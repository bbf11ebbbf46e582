import type { Description } from "../../services/domain/Description.ts"

/** What the parent asks of a guest; a guest does one job and ends. */
export interface DescribeJob {
  readonly type: "describe"
  /** `file:` URL of the bundle. */
  readonly bundle: string
  readonly builtins: ReadonlyArray<string>
  /** Absent when the manifest has none. */
  readonly config?: unknown
}

export type Job = DescribeJob

export interface Described {
  readonly type: "described"
  readonly description: Description
}

/** The connector's code failed, or isn't a connector. `stack` is the guest's own, positions in the bundle. */
export interface Failed {
  readonly type: "failed"
  readonly reason: "no-default-export" | "not-a-connector" | "threw"
  readonly detail: string
  readonly stack: string | null
}
