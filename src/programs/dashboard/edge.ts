import { ByteSize, Context, Effect, type Types } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Response from "effect/http/HttpServerResponse"
import { TokenService } from "../../services/TokenService.ts"
import { mostBytes, outsideHandlers, refusal } from "./failure.ts"
import { objection, pathOf } from "./guard.ts"
import { NotJson, Unauthorized } from "./problems.ts"
import { secured } from "./securityHeaders.ts"
import { Site } from "./Site.ts"

/** What every request goes through, whatever it asks for: who may ask, how much they may send, what all answers say. */
export const layer = HttpRouter.middleware(
  Effect.gen(function* () {
    const site = yield* Site
    const tokens = Context.make(TokenService, yield* TokenService)

    // None is left unhandled; the router's types want middleware to say that some may be.
    return (app): Effect.Effect<HttpServerResponse, Types.unhandled, HttpServerRequest> =>
      Effect.gen(function* () {
        const began = performance.now()
        const request = yield* HttpServerRequest
        const response = yield* answered(request, app)
        yield* logged(request, response, performance.now() - began)
        return secured(response)
      }).pipe(Effect.provideContext(tokens))

    function answered<E, R>(request: HttpServerRequest, app: Effect.Effect<HttpServerResponse, E, R>) {
      return Effect.gen(function* () {
        const objected = objection(request, site)
        if (objected instanceof Unauthorized && pathOf(request) === "/")
          return Response.redirect("/login", { status: 303 })
        if (objected !== null) return yield* refusal(objected)
        const response = yield* app.pipe(
          Effect.provideService(MaxBodySize, ByteSize.bytes(mostBytes)),
          Effect.catchCause((cause) => outsideHandlers(request, cause)),
        )
        return response.status === 415 ? yield* refusal(new NotJson()) : response
      })
    }
  }),
  { global: true },
)

/** Without its query, which may hold what a provider gives a browser. */
const logged = (request: HttpServerRequest, { status }: HttpServerResponse, milliseconds: number) => {
  const { method } = request
  const path = pathOf(request)
  return Effect.logDebug(`${method} ${path} ${status} in ${milliseconds.toFixed(1)} ms`).pipe(
    Effect.annotateLogs({ event: "request", method, path, status, milliseconds }),
  )
}
