import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Events } from "../../../services/Events.ts"
import { History } from "../../../services/History.ts"
import { Api } from "../api.ts"
import { answering } from "../failure.ts"
import { type Asked, pageOf } from "../paging.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "checkpoints",
  Effect.fnUntraced(function* (handlers) {
    const history = yield* History
    const events = yield* Events

    const list = Effect.fnUntraced(function* (asked: Asked) {
      const { items, nextCursor } = yield* pageOf(yield* history.list, asked, (one) => one.checkpoint_id)
      return { checkpoints: items, nextCursor }
    })
    const rollback = Effect.fnUntraced(function* (id: string, force: boolean) {
      const rolledBack = yield* history.rollback(id, { force })
      events.publish({ type: "checkpoint", checkpoint_id: rolledBack.checkpoint_id, connector: null, runId: null })
      return rolledBack
    })

    return handlers.handleAll({
      list: ({ query }) => answering(list(query)),
      foresee: ({ params }) => answering(history.foresee(params.id)),
      rollback: {
        handler: ({ params, payload }) => answering(rollback(params.id, payload?.force ?? false)),
        // Whoever asked may be gone before it is done.
        options: { uninterruptible: true },
      },
    })
  }),
)
