import { Context, type Effect } from "effect"

/** Owns noticing what others do to a project's files while it is open: editors, other processes of ours, the user. */
export class ProjectChanges extends Context.Service<
  ProjectChanges,
  {
    /** Tells what has changed, within a second, for as long as somebody runs it. */
    readonly watch: (onChange: (change: Change) => void) => Effect.Effect<never>
    /** Which files count may have changed: connectors import others since they were bundled. */
    readonly look: Effect.Effect<void>
  }
>()("openislands/services/ProjectChanges") {}

/** `runs` are records, logs and locks of runs. */
export type Part = "manifest" | "env" | "connectors" | "datasets" | "tokens" | "history" | "runs"

export interface Change {
  readonly parts: ReadonlySet<Part>
  /** Absolute paths; directories where the system doesn't say more. */
  readonly files: ReadonlySet<string>
}
