import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Schedule, Scope } from "effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { most } from "../../../src/programs/mcp/Sessions.ts"
import { listen, request } from "../../fixtures/http.ts"
import { connector, oneConnector } from "../../fixtures/journey.ts"
import { mcpHttpClient } from "../../fixtures/mcpClient.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const writing = (before = "") =>
  oneConnector(connector().replace("sync() {}", `async sync(ctx) { ${before}; await ctx.insert("rows", [{ a: 1 }]) }`))
const forSeconds = (seconds: number) => `await new Promise((resolve) => setTimeout(resolve, ${seconds * 1000}))`

const accept = "application/json, text/event-stream"
const asJson = { accept, "content-type": "application/json" }
const greeting = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } },
})
const greet = (origin: string, headers: Readonly<Record<string, string>> = {}) =>
  request(origin, "/mcp", { method: "POST", headers: { ...asJson, ...headers }, body: greeting })
const ping = (origin: string, session: string) =>
  request(origin, "/mcp", {
    method: "POST",
    headers: { ...asJson, "mcp-session-id": session },
    body: '{"jsonrpc":"2.0","id":2,"method":"ping"}',
  })

const recorded = (origin: string) =>
  request(origin, "/api/runs").pipe(
    Effect.map(({ json }) => json.runs as ReadonlyArray<Record<string, unknown>>),
    Effect.repeat({
      until: ([run]) => run !== undefined && run["outcome"] !== "running",
      schedule: Schedule.spaced("50 millis"),
    }),
  )

describe("MCP over HTTP", () => {
  it.live("serves two clients at once, each with a session of its own, and they join one run", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing(forSeconds(1))))
      const [one, other] = yield* Effect.all([mcpHttpClient(origin), mcpHttpClient(origin)])
      assert.notStrictEqual(one.transport.sessionId, other.transport.sessionId)
      const going = yield* one.call("run_sync", { name: "one", waitSeconds: 0 })
      assert.strictEqual(going.value["outcome"], "running")
      const [joined, listed] = yield* Effect.all(
        [other.call("run_sync", { name: "one" }), one.call("list_connectors")],
        { concurrency: 2 },
      )
      assert.deepInclude(joined.value, { outcome: "success", runId: going.value["runId"], trigger: "mcp" })
      assert.strictEqual(listed.value["connectors"][0].name, "one")
      assert.deepEqual([...one.strange, ...other.strange], [])
    }),
  )

  it.live("joins the run that the dashboard has started, and is told at once which it is", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing(forSeconds(1))))
      const { call } = yield* mcpHttpClient(origin)
      const { json } = yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      const going = yield* call("run_sync", { name: "one", waitSeconds: 0 })
      assert.deepEqual(going.value, { outcome: "running", runId: json.runId })
      assert.deepInclude((yield* call("run_sync", { name: "one" })).value, { runId: json.runId, trigger: "http" })
    }),
  )

  it.live("a sync goes on when the client that started it has left, and is recorded", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing(forSeconds(1))))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { call, transport } = yield* mcpHttpClient(origin)
          yield* call("run_sync", { name: "one" }).pipe(Effect.forkScoped)
          yield* request(origin, "/api/connectors").pipe(
            Effect.repeat({ until: ({ json }) => json.connectors[0].running !== null }),
          )
          yield* Effect.promise(() => transport.terminateSession())
        }),
      )
      assert.deepInclude((yield* recorded(origin))[0], { outcome: "success", trigger: "mcp" })
    }),
  )

  it.live("whoever listens to the project is told of what an agent writes and undoes", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify({
          datasets: { notes: { source: "notes.csv" } },
          actions: { note: { dataset: "notes", mode: "insert" } },
        }),
      })
      const origin = yield* served(root)
      const { until } = yield* listen(origin)
      yield* until(({ type }) => type === "hello")
      const { call } = yield* mcpHttpClient(origin)
      const written = yield* call("run_actions", { calls: [{ action: "note", rows: [{ n: 1 }] }] })
      const { checkpoint_id } = written.value
      yield* until((event) => event.type === "checkpoint" && event.checkpoint_id === checkpoint_id)
      const undone = (yield* call("rollback", { checkpoint_id })).value
      yield* until((event) => event.type === "checkpoint" && event.checkpoint_id === undone["checkpoint_id"])
    }),
  )

  it.live("a client whose connection broke gets what it missed", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing(forSeconds(1))))
      const session = (yield* greet(origin)).headers["mcp-session-id"] as string
      const body = JSON.stringify({
        jsonrpc: "2.0",
        id: "mine",
        method: "tools/call",
        params: { name: "run_sync", arguments: { name: "one" } },
      })
      const headers = { ...asJson, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }
      const leaving = new AbortController()
      const response = yield* Effect.promise(() =>
        fetch(`${origin}/mcp`, { method: "POST", headers, body, signal: leaving.signal }),
      )
      const reader = response.body!.getReader()
      let text = ""
      while (!text.includes("id: ")) {
        text += new TextDecoder().decode((yield* Effect.promise(() => reader.read())).value)
      }
      leaving.abort()
      yield* recorded(origin)

      const [, last = ""] = /id: (\S+)/.exec(text) ?? []
      const again = yield* Effect.promise(() =>
        fetch(`${origin}/mcp`, { headers: { ...headers, accept: "text/event-stream", "last-event-id": last } }),
      )
      const replay = again.body!.getReader()
      let replayed = ""
      while (!replayed.includes('"mine"')) {
        const { value, done } = yield* Effect.promise(() => replay.read())
        if (done) break
        replayed += new TextDecoder().decode(value)
      }
      assert.include(replayed, '"outcome":"success"')
      yield* Effect.promise(() => replay.cancel())
      const unknown = { ...headers, accept: "text/event-stream", "last-event-id": "nothing_7" }
      assert.strictEqual((yield* request(origin, "/mcp", { headers: unknown })).status, 400)
    }),
  )

  it.live("DELETE ends a session; who has none, or one that is over, is told so", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing()))
      const session = (yield* greet(origin)).headers["mcp-session-id"] as string
      assert.strictEqual((yield* ping(origin, session)).status, 200)
      const remove = { method: "DELETE", headers: { "mcp-session-id": session } }
      assert.strictEqual((yield* request(origin, "/mcp", remove)).status, 200)
      assert.strictEqual((yield* ping(origin, session)).status, 404)
      assert.strictEqual((yield* request(origin, "/mcp", { headers: { accept: "text/event-stream" } })).status, 400)
      const bare = { method: "POST", headers: asJson, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' }
      assert.strictEqual((yield* request(origin, "/mcp", bare)).status, 400)
      assert.strictEqual((yield* request(origin, "/mcp", { ...bare, body: "{" })).json.error.code, -32700)
      const long = yield* request(origin, "/mcp", { ...bare, body: " ".repeat(2_000_000) })
      assert.strictEqual(`${long.status} ${long.json.error._tag}`, "413 BodyTooLarge")
      for (const method of ["TRACE", "OPTIONS", "PUT"]) {
        const { status, headers } = yield* request(origin, "/mcp", { method })
        assert.strictEqual(`${status} ${headers.allow}`, "405 GET, POST, DELETE", method)
      }
    }),
  )

  it.live("asks for the token, and refuses other names and pages, whatever the method is", () =>
    Effect.gen(function* () {
      const token = "a-token-of-more-than-16"
      const root = yield* temporaryProject(writing())
      const file = path.join(root, "token")
      writeFileSync(file, token)
      const origin = yield* served(root, { host: "0.0.0.0", tokenFile: file })
      assert.strictEqual((yield* greet(origin)).status, 401)
      assert.strictEqual((yield* greet(origin, { authorization: "Bearer another-token-of-16" })).status, 401)
      const authorization = `Bearer ${token}`
      assert.strictEqual((yield* greet(origin, { authorization })).status, 200)
      const { call } = yield* mcpHttpClient(origin, { requestInit: { headers: { authorization } } })
      assert.strictEqual((yield* call("list_connectors")).value["connectors"].length, 1)

      assert.strictEqual((yield* greet(origin, { authorization, host: "evil.example" })).status, 421)
      const foreign = { authorization, origin: "https://evil.example" }
      assert.strictEqual((yield* greet(origin, foreign)).status, 403)
      for (const method of ["GET", "DELETE"]) {
        assert.strictEqual((yield* request(origin, "/mcp", { method, headers: foreign })).status, 403, method)
      }
    }),
  )

  it.live("has room for so many; the one that was idle the longest gives way, unless it listens", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(writing()))
      const ids: Array<string> = []
      for (let n = 0; n < most; n++) ids.push((yield* greet(origin)).headers["mcp-session-id"] as string)
      const [listening, first, second] = ids as [string, string, string]
      const headers = { accept: "text/event-stream", "mcp-session-id": listening }
      const leaving = new AbortController()
      const stream = yield* Effect.promise(() => fetch(`${origin}/mcp`, { headers, signal: leaving.signal }))
      assert.strictEqual(stream.status, 200)
      assert.strictEqual((yield* greet(origin)).status, 200)
      assert.strictEqual((yield* ping(origin, first)).status, 404)
      assert.strictEqual((yield* ping(origin, second)).status, 200)
      assert.strictEqual((yield* ping(origin, listening)).status, 200)
      leaving.abort()
    }),
  )

  it.live("ends when the server does: streams close, waiting calls are answered, and the run has its record", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(writing(forSeconds(60)))
      const scope = yield* Scope.make()
      const origin = yield* served(root).pipe(Scope.provide(scope))
      const { call } = yield* mcpHttpClient(origin)
      const answered = yield* Deferred.make<unknown>()
      yield* call("run_sync", { name: "one" }).pipe(
        Effect.exit,
        Effect.flatMap((exit) => Deferred.succeed(answered, Exit.isSuccess(exit) ? exit.value.value : null)),
        Effect.forkScoped,
      )
      yield* request(origin, "/api/connectors").pipe(
        Effect.repeat({ until: ({ json }) => json.connectors[0].running !== null }),
      )
      yield* Scope.close(scope, Exit.void)
      assert.deepInclude(yield* Deferred.await(answered), { outcome: "failure", trigger: "mcp" })
    }),
  )
})
