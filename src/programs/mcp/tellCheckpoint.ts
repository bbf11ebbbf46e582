import { Effect, Option } from "effect"
import { Events } from "../../services/Events.ts"

/** Whoever looks at the dashboard sees it, where there is one in this process. Null: nothing was written. */
export const tellCheckpoint = Effect.fnUntraced(function* (checkpoint_id: string | null) {
  const events = Option.getOrNull(yield* Effect.serviceOption(Events))
  if (checkpoint_id !== null) events?.publish({ type: "checkpoint", checkpoint_id, connector: null, runId: null })
})
