import { Effect, Stream } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Response from "effect/http/HttpServerResponse"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { refusal } from "../dashboard/failure.ts"
import { Site } from "../dashboard/Site.ts"
import { type Answered, Sessions } from "./Sessions.ts"

/** MCP over Streamable HTTP, for agents that `openislands mcp` cannot be started by. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sessions = yield* Sessions
    const { origin } = yield* Site
    yield* router.add(
      "*",
      "/mcp",
      Effect.gen(function* () {
        const { method, url, headers, text } = yield* HttpServerRequest
        if (!methods.includes(method)) return notAllowed
        const body = method === "POST" ? yield* text : null
        const request = new Request(new URL(url, origin), { method, headers: { ...headers }, body })
        return sent(yield* sessions.answer(request))
      }).pipe(Effect.catchTag(["Stopping", "TooManySessions"], refusal)),
    )
  }),
)

/** Of others there are some of which no `Request` can be made. */
const methods: ReadonlyArray<string> = ["GET", "POST", "DELETE"]
const notAllowed = Response.jsonUnsafe(
  { jsonrpc: "2.0", error: { code: -32000, message: "Method not allowed." }, id: null },
  { status: 405, headers: { allow: methods.join(", ") } },
)

/** A stream begins with a comment: else its head would wait for its first event, and the client with it. */
const opening = new TextEncoder().encode(": here\n\n")

const sent = ({ response, held }: Answered): HttpServerResponse => {
  const { body, status } = response
  const { "content-type": contentType, ...headers } = Object.fromEntries(response.headers)
  if (body === null) return Response.empty({ status, headers })
  const isStream = contentType === "text/event-stream"
  const bytes = Stream.fromReadableStream({ evaluate: () => body, onError: (error) => error })
  const whole = isStream ? Stream.concat(Stream.succeed(opening), bytes) : bytes
  return Response.stream(Stream.unwrap(Effect.as(held, whole)), {
    status,
    headers,
    ...(contentType === undefined ? {} : { contentType }),
  })
}
