import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { type ActionCall, ActionService } from "../../../services/ActionService.ts"
import { Events } from "../../../services/Events.ts"
import { Api } from "../api.ts"
import { answering } from "../failure.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "actions",
  Effect.fnUntraced(function* (handlers) {
    const actions = yield* ActionService
    const events = yield* Events

    const run = Effect.fnUntraced(function* (calls: ReadonlyArray<ActionCall>) {
      const done = yield* actions.run(calls)
      const { checkpoint_id } = done
      if (checkpoint_id !== null) events.publish({ type: "checkpoint", checkpoint_id, connector: null, runId: null })
      return done
    })

    return handlers.handleAll({
      list: () => answering(Effect.map(actions.list, (actions) => ({ actions }))),
      run: {
        handler: ({ payload }) => answering(run(payload.calls)),
        // Whoever asked may be gone before it is done.
        options: { uninterruptible: true },
      },
    })
  }),
)
