import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { connect } from "node:net"
import { listen, request } from "../../fixtures/http.ts"
import { connector, oneConnector } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const syncing = (body: string) => oneConnector(connector().replace("sync() {}", `async sync(ctx) { ${body} }`))
const sync = (origin: string) => request(origin, "/api/connectors/one/sync", { method: "POST" })

/** Begins to say what it wants, and never ends. Answers what came back when it was cut off. */
const halfARequest = Effect.fnUntraced(function* (origin: string) {
  let text = ""
  const socket = connect(Number(new URL(origin).port), "127.0.0.1")
  socket.on("error", () => {})
  socket.on("data", (chunk) => (text += chunk.toString()))
  const head = "GET /api/connectors HTTP/1.1\r\nHost: 127.0.0.1\r\n"
  yield* Effect.callback<void>((resume) => void socket.write(head, () => resume(Effect.void)))
  return Effect.callback<string>((resume) => {
    const end = () => resume(Effect.succeed(text))
    if (socket.closed) end()
    else socket.once("close", end)
  })
})

describe("events over HTTP", () => {
  it.live("tell a run from its start to its checkpoint, and an undo; who comes back hears the rest", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(syncing(`ctx.log("a line"); await ctx.insert("rows", [{ a: 1 }])`))
      const origin = yield* served(root)
      const client = yield* listen(origin)
      assert.strictEqual(client.response.headers["content-type"], "text/event-stream")
      const { runId } = (yield* sync(origin)).json
      const all = yield* client.until(({ type }) => type === "checkpoint")
      const events = all.filter(({ event }) => event.type !== "changed")
      const types = events.map(({ event }) => event.type).filter((type) => type !== "progress")
      assert.deepEqual(types, ["hello", "started", "line", "finished", "checkpoint"])
      for (const { event } of events.slice(1)) assert.deepInclude(event, { runId, connector: "one" })
      const { event: finished } = events.find(({ event }) => event.type === "finished")!
      assert.deepEqual(finished.run, (yield* request(origin, `/api/runs/${runId}`)).json)

      const startedAt = events.find(({ event }) => event.type === "started")!.id
      const back = yield* listen(origin, { "last-event-id": startedAt })
      const missed = yield* back.until(({ type }) => type === "checkpoint")
      assert.deepEqual(
        missed.filter(({ event }) => event.type !== "changed" && event.type !== "hello").map(({ id }) => id),
        events.slice(2).map(({ id }) => id),
      )

      const id = finished.run.checkpoint_id
      yield* request(origin, `/api/checkpoints/${id}/rollback`, { method: "POST" })
      yield* client.until(({ type, runId }) => type === "checkpoint" && runId === null)
    }),
  )

  it.live("end cleanly when the server stops; what ran ends with its record, nothing half-written", () =>
    Effect.gen(function* () {
      const endless = syncing(
        `await ctx.insert("rows", [{ a: 1 }]); ctx.log("inserted"); await new Promise(() => setTimeout(() => {}, 1e9))`,
      )
      const root = yield* temporaryProject(endless)
      const scope = yield* Scope.make()
      const origin = yield* served(root).pipe(Scope.provide(scope))
      const client = yield* listen(origin)
      const slow = yield* halfARequest(origin)
      const { runId } = (yield* sync(origin)).json
      yield* client.until(({ type }) => type === "line")
      yield* Scope.close(scope, Exit.void)
      const events = yield* client.until(() => false)
      assert.isTrue(client.state.ended)
      assert.isTrue(client.response.complete, "the last chunk was sent")
      assert.deepInclude(events.at(-1)?.event.run.error, { _tag: "Interrupted" })
      yield* Effect.flip(request(origin, "/healthz"))
      // Cut off by the stop, not by its own time-out, which would be told.
      assert.strictEqual(yield* slow, "")

      const again = yield* served(root)
      const { json } = yield* request(again, "/api/runs")
      assert.deepInclude(json.runs[0], { runId, outcome: "failure", datasets: {} })
      assert.deepEqual((yield* request(again, "/api/datasets/one/rows")).json.rows, [])
      assert.deepEqual((yield* request(again, "/api/checkpoints")).json.checkpoints, [])
    }),
  )
})
