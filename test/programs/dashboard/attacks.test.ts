import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { readdirSync, writeFileSync } from "node:fs"
import { type ClientRequest, request as send } from "node:http"
import { connect } from "node:net"
import * as path from "node:path"
import { listen, request } from "../../fixtures/http.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const secret = "nobody-may-read-this"
const outside = "this-is-outside-of-the-project"
const chatty = connector().replace(
  "sync() {}",
  `async sync(ctx) { for (let i = 0; i < 50000; i++) ctx.log("x".repeat(200)); await ctx.insert("rows", [{ a: 1 }]) }`,
)
const project = temporaryProject({
  "outside.txt": outside,
  "p/manifest.json": manifest({ one: {} }),
  "p/connectors/one/index.ts": chatty,
  "p/.env": `KEY=${secret}\n`,
})

const ways = [
  "..%2F..%2Foutside.txt",
  "..%2Foutside.txt",
  "%2e%2e%2foutside.txt",
  "..%5C..%5Coutside.txt",
  "%252e%252e%252foutside.txt",
  "..%2F.env",
  ".env",
  ".env%00.csv",
  "%2Fetc%2Fpasswd",
  "..;%2Foutside.txt",
  "%c0%ae%c0%ae%2foutside.txt",
  "one%2F..%2F..%2F..%2Foutside.txt",
  "__proto__",
  "constructor",
  "20260101T000000000-..%2F..%2Foutside-00000000",
  "20260101T000000000-one-00000000%2F..%2F..%2F..%2Foutside.txt",
]

describe("an attack", () => {
  it.live("by a path in any parameter reads nothing that is not the project's, and changes nothing", () =>
    Effect.gen(function* () {
      const parent = yield* project
      const root = path.join(parent, "p")
      const origin = yield* served(root)
      const { json: api } = yield* request(origin, "/api/openapi.json")
      const asked: Array<string> = []
      const attack = Effect.fnUntraced(function* (where: string, method: string) {
        const { status, text } = yield* request(origin, where, { method })
        asked.push(where)
        assert.isFalse(text.includes(outside) || text.includes(secret) || text.includes("root:"), `${method} ${where}`)
        assert.isBelow(status, 500, `${method} ${where}: ${text}`)
        return status
      })
      for (const [where, methods] of Object.entries<Record<string, any>>(api.paths)) {
        for (const [method, { parameters = [] }] of Object.entries(methods)) {
          for (const way of ways) {
            if (where.includes("{")) {
              const status = yield* attack(where.replace(/\{\w+\}/g, way), method.toUpperCase())
              assert.include([400, 404], status, `${method} ${where} ${way}`)
            }
            for (const { name, in: place } of parameters as ReadonlyArray<{ name: string; in: string }>) {
              if (place !== "query") continue
              const status = yield* attack(`${where.replace(/\{\w+\}/g, "one")}?${name}=${way}`, method.toUpperCase())
              assert.include([400, 404, 409], status, `${method} ${where} ?${name}=${way}`)
            }
          }
        }
      }
      for (const way of ways) {
        for (const base of ["/", "/app.js/", "/assets/"]) yield* attack(`${base}${way}`, "GET")
        yield* attack(`/../${way}`, "GET")
      }
      assert.isAbove(asked.length, 200)
      assert.deepEqual(readdirSync(parent).toSorted(), ["outside.txt", "p"])
      assert.deepEqual((yield* request(origin, "/api/runs")).json.runs, [])
    }),
  )

  it.live("by a body that never comes is cut off, and keeps nobody waiting", () =>
    Effect.gen(function* () {
      const root = path.join(yield* project, "p")
      const patience = { headersTimeout: 1_000, requestTimeout: 2_000, connectionsCheckingInterval: 200 }
      const origin = yield* served(root, { patience })
      const attackers = Array.from({ length: 50 }, () =>
        Effect.callback<string>((resume) => {
          let text = ""
          const socket = connect(Number(new URL(origin).port), "127.0.0.1", () => {
            const head = "POST /api/connectors/one/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
            socket.write(`${head}\r\nContent-Length: 100\r\n\r\n{`)
          })
          const drip = setInterval(() => socket.write(" "), 300)
          socket.on("data", (chunk) => (text += chunk.toString()))
          socket.on("error", () => {})
          socket.on("close", () => {
            clearInterval(drip)
            resume(Effect.succeed(text))
          })
        }),
      )
      const [ends] = yield* Effect.all(
        [
          Effect.all(attackers, { concurrency: "unbounded" }),
          Effect.map(request(origin, "/healthz"), ({ status }) => assert.strictEqual(status, 200)),
        ],
        { concurrency: "unbounded" },
      )
      // Some are told why before they are cut off.
      for (const end of ends) assert.notMatch(end, /^HTTP\/1\.1 2/)
      assert.deepEqual((yield* request(origin, "/api/runs")).json.runs, [])
    }),
  )

  it.live("by a thousand who listen, of whom many never read, brings nothing down", () =>
    Effect.gen(function* () {
      const root = path.join(yield* project, "p")
      writeFileSync(path.join(root, "data.txt"), "")
      const origin = yield* served(root)
      const statuses: Array<number> = []
      let failed = 0
      const clients: Array<ClientRequest> = []
      yield* Effect.addFinalizer(() => Effect.sync(() => clients.forEach((client) => client.destroy())))
      for (let index = 0; index < 1_000; index++) {
        // Whoever gets an answer pauses it there: nothing is read any more.
        const client = send(`${origin}/api/events`, { agent: false }, (response) => {
          statuses.push(response.statusCode ?? 0)
          response.on("error", () => {})
          if (response.statusCode === 200) response.pause()
          else response.resume()
        })
        client.on("error", () => failed++)
        client.end()
        clients.push(client)
      }
      yield* Effect.sync(() => statuses.length + failed).pipe(
        Effect.repeat({ until: (count) => count === 1_000, schedule: Schedule.spaced("50 millis") }),
      )
      assert.isAtMost(statuses.filter((status) => status === 200).length, 100)
      assert.isAbove(statuses.filter((status) => status === 503).length, 500)
      const before = memory()
      // 10 MB of lines, for a hundred who don't take them: a gigabyte, were it kept for each.
      const { json } = yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      const run = yield* request(origin, `/api/runs/${json.runId}`).pipe(
        Effect.repeat({ until: (got) => got.json.outcome !== "running", schedule: Schedule.spaced("50 millis") }),
      )
      assert.strictEqual(run.json.outcome, "success", JSON.stringify(run.json.error))
      assert.isBelow(memory() - before, 150, "MiB")
      for (const client of clients) client.destroy()
      yield* listen(origin).pipe(
        Effect.flatMap(({ response }) => (response.statusCode === 200 ? Effect.void : Effect.fail("no room"))),
        Effect.retry({ times: 200, schedule: Schedule.spaced("50 millis") }),
      )
    }),
  )
})

const memory = () => {
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}
