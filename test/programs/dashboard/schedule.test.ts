import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openislands } from "../../fixtures/cli.ts"
import { listen, request } from "../../fixtures/http.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const syncing = (body: string) => connector().replace("sync() {}", `async sync(ctx) { ${body} }`)
const hanging = syncing(`ctx.log("in"); await new Promise(() => setTimeout(() => {}, 1e9))`)
const cancel = (origin: string, runId: string) => request(origin, `/api/runs/${runId}/cancel`, { method: "POST" })

describe("the server", () => {
  it.live("runs what is due as soon as it serves, and tells of it; what has no schedule waits to be asked", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ due: { schedule: "6h" }, manual: {} }),
        "connectors/due/index.ts": syncing(`ctx.log("hello"); await new Promise((go) => setTimeout(go, 500))`),
        "connectors/manual/index.ts": syncing(""),
      })
      const origin = yield* served(root, { schedule: true })
      const client = yield* listen(origin)
      // It may have been there before the client was: then the hello says so.
      const events = yield* client.until(({ type }) => type === "finished")
      const { run } = events.find(({ event }) => event.type === "finished")!.event
      assert.deepInclude(run, { connector: "due", trigger: "schedule", outcome: "success" })
      const { json } = yield* request(origin, "/api/runs")
      assert.deepEqual(json.runs, [run])
    }),
  )

  it.live("leaves that to others with --no-schedule", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ due: { schedule: "6h" }, manual: {} }),
        "connectors/due/index.ts": syncing(""),
        "connectors/manual/index.ts": syncing(""),
      })
      const origin = yield* served(root, { schedule: false })
      yield* request(origin, "/api/connectors/manual/sync", { method: "POST" })
      const client = yield* listen(origin, { "last-event-id": "x" })
      const told = yield* client.until(({ type, underWay }) => type === "finished" || underWay?.length === 0)
      assert.notInclude(JSON.stringify(told), '"due"')
      const { lastSync, stale } = (yield* request(origin, "/api/connectors/due")).json
      assert.isNull(lastSync)
      assert.strictEqual(stale, 'nothing runs it: "openislands serve" runs with --no-schedule')
      const { stdout } = yield* openislands(["status"], { cwd: root })
      assert.include(stdout, `  stale: ${stale}\n`)
    }),
  )

  it.live("a run is cancelled once, whoever began it; what is over or unknown is not", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: {} }),
        "connectors/one/index.ts": hanging,
      })
      const origin = yield* served(root)
      const client = yield* listen(origin)
      const { runId } = (yield* request(origin, "/api/connectors/one/sync", { method: "POST" })).json
      yield* client.until(({ type }) => type === "line")
      const cancelled = yield* cancel(origin, runId)
      assert.strictEqual(cancelled.status, 200)
      assert.deepEqual(cancelled.json, { runId, cancelled: true })
      const { json: run } = yield* request(origin, `/api/runs/${runId}`)
      assert.deepInclude(run, { runId, outcome: "failure", checkpoint_id: null })
      assert.deepInclude(run.error, { _tag: "SyncCancelled" })

      const again = yield* cancel(origin, runId)
      assert.strictEqual(again.status, 409)
      assert.deepInclude(again.json.error, { _tag: "RunFinished", runId })
      for (const unknown of ["20260101T000000000-one-00000000", "nothing", "..%2F..%2F.env"]) {
        const { status, json } = yield* cancel(origin, unknown)
        assert.strictEqual(status, 404, unknown)
        assert.strictEqual(json.error._tag, "UnknownRun")
      }
      const foreign = yield* request(origin, `/api/runs/${runId}/cancel`, {
        method: "POST",
        headers: { origin: "https://evil.example" },
      })
      assert.strictEqual(foreign.status, 403)
    }),
  )
})
