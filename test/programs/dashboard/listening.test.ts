import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import * as HttpServer from "effect/http/HttpServer"
import { jsonUnsafe } from "effect/http/HttpServerResponse"
import { listenAt } from "../../../src/programs/dashboard/listening.ts"
import { request } from "../../fixtures/http.ts"

it.live("who comes before there is anybody to answer is answered when there is", () =>
  Effect.gen(function* () {
    const server = yield* Layer.build(listenAt({ host: "127.0.0.1", port: 0 }))
    const { address } = yield* HttpServer.HttpServer.pipe(Effect.provideContext(server))
    const early = yield* Effect.forkChild(request(HttpServer.formatAddress(address), "/"))
    yield* Effect.sleep("200 millis")
    yield* HttpServer.serveEffect(Effect.succeed(jsonUnsafe({ ok: true }))).pipe(Effect.provideContext(server))
    assert.deepEqual((yield* Fiber.join(early)).json, { ok: true })
    assert.deepEqual((yield* request(HttpServer.formatAddress(address), "/")).json, { ok: true })
  }),
)
