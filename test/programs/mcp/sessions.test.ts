import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { coreAt } from "../../../src/layers/Core.ts"
import { idle, layer, Sessions } from "../../../src/programs/mcp/Sessions.ts"
import * as PubSubEvents from "../../../src/layers/PubSubEvents.ts"
import * as StartedSyncs from "../../../src/programs/StartedSyncs.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" }
const greeting = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } },
}
const post = (message: object, session?: string): Request =>
  new Request("http://localhost/mcp", {
    method: "POST",
    headers: { ...headers, ...(session === undefined ? {} : { "mcp-session-id": session }) },
    body: JSON.stringify(message),
  })

const answer = (request: Request) => Sessions.use((sessions) => sessions.answer(request))
const greet = Effect.map(
  Effect.suspend(() => answer(post(greeting))),
  ({ response }) => response.headers.get("mcp-session-id")!,
)
const ping = (session: string) =>
  Effect.map(answer(post({ jsonrpc: "2.0", id: 2, method: "ping" }, session)), ({ response }) => response.status)

it.effect("a session is over after a while without a request, and not while it is being answered", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const core = layer.pipe(
      Layer.provide(StartedSyncs.layer),
      Layer.provide(PubSubEvents.layer),
      Layer.provide(coreAt(root)),
    )
    yield* Effect.gen(function* () {
      const [used, unused, listening] = [yield* greet, yield* greet, yield* greet]
      const stream = yield* answer(
        new Request("http://localhost/mcp", { headers: { accept: "text/event-stream", "mcp-session-id": listening } }),
      )
      yield* Effect.gen(function* () {
        yield* stream.held
        yield* TestClock.adjust(idle - 60_000)
        assert.strictEqual(yield* ping(used), 200)
        yield* TestClock.adjust(120_000)
        assert.strictEqual(yield* ping(unused), 404)
        assert.strictEqual(yield* ping(used), 200)
        yield* TestClock.adjust(idle * 2)
        assert.strictEqual(yield* ping(used), 404)
      }).pipe(Effect.scoped)
      // The stream has just ended.
      assert.strictEqual(yield* ping(listening), 200)
      yield* TestClock.adjust(idle + 60_000)
      assert.strictEqual(yield* ping(listening), 404)
    }).pipe(Effect.provide(core))
  }),
)
