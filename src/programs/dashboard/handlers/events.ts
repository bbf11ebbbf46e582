import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Api } from "../api.ts"
import { EventStreams } from "../EventStreams.ts"
import { answering } from "../failure.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "events",
  Effect.fnUntraced(function* (handlers) {
    const streams = yield* EventStreams
    return handlers.handleAll({
      listen: ({ request }) => answering(streams.open(request.headers["last-event-id"] ?? null)),
    })
  }),
)
