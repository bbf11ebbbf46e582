import { Context, type Effect } from "effect"
import type { ActError } from "./DatasetStore.ts"
import type { ActionInfo, ActionsDone } from "./domain/Action.ts"
import type { ActionRefused, ActionRejected, UnknownAction } from "./domain/ActionError.ts"
import type { ManifestSyntax } from "./domain/ManifestProblem.ts"
import type { ManifestUnreadable } from "./ManifestService.ts"

/** The manual write path: what the manifest declares under `actions`, checked row by row, as checkpoints. */
export class ActionService extends Context.Service<
  ActionService,
  {
    /** What can be called, in the order of the manifest; entries with a problem are not among it. */
    readonly list: Effect.Effect<ReadonlyArray<ActionInfo>, ManifestUnreadable | ManifestSyntax>
    /** All of the calls, in their order, or none: one transaction, and one checkpoint if anything changes. */
    readonly run: (calls: ReadonlyArray<ActionCall>) => Effect.Effect<ActionsDone, ActionError>
  }
>()("openislands/services/ActionService") {}

/** As somebody sent it: nothing of it is believed. `insert` and `replace` take rows, the others a match. */
export interface ActionCall {
  readonly action: string
  readonly rows?: unknown
  readonly match?: unknown
  readonly set?: unknown
}

export type ActionError =
  ActError | ActionRefused | ActionRejected | UnknownAction | ManifestUnreadable | ManifestSyntax
