import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { connect } from "node:net"
import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as path from "node:path"
import { fromOurPage, listen, request } from "../../fixtures/http.ts"
import { connector, manifest, oneConnector } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served, unguarded } from "../../fixtures/served.ts"

const writing = connector().replace("sync() {}", 'async sync(ctx) { await ctx.insert("rows", [{ a: 1 }]) }')
const project = temporaryProject(oneConnector(writing))
const spaced = Schedule.spaced("20 millis")
const as = (host: string) => ({ headers: { authorization: `Bearer ${token}`, host } })
const token = "a-token-of-more-than-16"

describe("who may ask", () => {
  it.live("a name that was made to lead here reads nothing", () =>
    Effect.gen(function* () {
      const root = yield* project
      const rebound = { headers: { host: "evil.example:4321" } }
      const attack = yield* request(yield* unguarded(root), "/api/connectors", rebound)
      assert.strictEqual(attack.json.connectors[0].name, "one", "the attack works where nothing guards")

      const origin = yield* served(root)
      for (const host of ["evil.example:4321", "127.0.0.1.evil.example", "evil@127.0.0.1", "10.0.0.1", "[::2]"]) {
        const { status, json } = yield* request(origin, "/api/connectors", { headers: { host } })
        assert.strictEqual(`${status} ${json.error?._tag}`, "421 ForeignHost", host)
      }
      for (const host of ["localhost:4321", "127.0.0.1", "[::1]:80", "LOCALHOST"]) {
        assert.strictEqual((yield* request(origin, "/api/connectors", { headers: { host } })).status, 200, host)
      }
    }),
  )

  it.live("a page of another site changes nothing", () =>
    Effect.gen(function* () {
      const elsewhere = { method: "POST", headers: { origin: "https://evil.example" } }
      const attack = yield* request(yield* unguarded(yield* project), "/api/connectors/one/sync", elsewhere)
      assert.strictEqual(attack.status, 202, "the attack works where nothing guards")

      const origin = yield* served(yield* project)
      const paths = ["connectors/one/sync", "connectors/one/auth/start", "connectors/one/auth/disconnect"]
      for (const change of [...paths, "checkpoints/1/rollback"]) {
        for (const headers of [
          { origin: "https://evil.example" },
          { origin: "null" },
          // Another port of this machine is another site as well.
          { origin: "http://127.0.0.1:1" },
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site", origin: "http://localhost:3000" },
          { "sec-fetch-site": "none" },
        ] as ReadonlyArray<Readonly<Record<string, string>>>) {
          const { status, json } = yield* request(origin, `/api/${change}`, { method: "POST", headers })
          assert.strictEqual(`${status} ${json.error._tag}`, "403 ForeignSite", `${change} ${JSON.stringify(headers)}`)
        }
      }
      for (const headers of [{}, { origin }, fromOurPage(origin)]) {
        const { status } = yield* request(origin, "/api/connectors/one/sync", { method: "POST", headers })
        assert.strictEqual(status, 202, JSON.stringify(headers))
      }
    }),
  )

  it.live("a page of another site loads nothing of the API, and may link to the dashboard", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project)
      const loaded = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }
      const linked = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }
      for (const where of ["/api/connectors", "/api/events", "/app/main.js"]) {
        assert.strictEqual((yield* request(origin, where, { headers: loaded })).status, 403, where)
      }
      assert.strictEqual((yield* request(origin, "/api/connectors", { headers: linked })).status, 403)
      assert.strictEqual((yield* request(origin, "/", { headers: linked })).status, 200)
      const page = { headers: { ...linked, accept: "text/html" } }
      assert.strictEqual((yield* request(origin, "/connectors/one", page)).status, 403)
    }),
  )

  it.live("nothing is answered without the token, if there is one, but the way to sign in", () =>
    Effect.gen(function* () {
      const root = yield* project
      const origin = yield* served(root, { token })
      for (const where of [
        "/api/connectors",
        "/api/events",
        "/api/openapi.json",
        "/app/main.js",
        "/api/nothing",
        "/connectors/one",
      ]) {
        for (const headers of [
          { accept: "text/html" },
          { authorization: "Bearer wrong" },
          { cookie: "openislands=1" },
        ]) {
          const refused = yield* request(origin, where, { headers })
          assert.strictEqual(`${refused.status} ${refused.json.error._tag}`, "401 Unauthorized", where)
          assert.strictEqual(refused.headers["www-authenticate"], "Bearer")
        }
      }
      assert.strictEqual((yield* request(origin, "/healthz")).status, 200)
      assert.strictEqual((yield* request(origin, "/")).headers.location, "/login")
      const authorized = { headers: { authorization: `Bearer ${token}` } }
      assert.strictEqual((yield* request(origin, "/api/connectors", authorized)).status, 200)

      const page = yield* request(origin, "/login")
      assert.include(page.headers["content-security-policy"], "form-action 'self'")
      assert.strictEqual(page.headers["referrer-policy"], "same-origin")
      const login = (body: string, headers = {}) => request(origin, "/login", { method: "POST", body, headers })
      assert.strictEqual((yield* login("token=wrong")).status, 401)
      assert.strictEqual((yield* login(`token=${token}`, { origin: "https://evil.example" })).status, 403)
      const { status, headers } = yield* login(`token=${token}`, fromOurPage(origin))
      assert.strictEqual(status, 303)
      const [cookie = ""] = headers["set-cookie"] ?? []
      assert.match(cookie, /^openislands_\d+=[\w-]{43}; .*HttpOnly; SameSite=Lax$/)
      assert.notInclude(cookie, token)
      const signedIn = { headers: { cookie: cookie.split(";")[0]! } }
      assert.strictEqual((yield* request(origin, "/api/connectors", signedIn)).status, 200)
    }),
  )

  it.live("no other path passes for the one that a provider sends browsers back to", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project, { token })
      for (const where of ["one;", "one#", "one;x", ";", "#"]) {
        const path = `/api/connectors/${where}/auth/callback`
        const { status, text } = yield* request(origin, path)
        assert.strictEqual(status, 401, `${path}: ${text}`)
      }
      const { status } = yield* request(origin, "/api/connectors/one%3b/auth/callback?error=access_denied")
      assert.strictEqual(status, 400)
    }),
  )

  it.live("MCP asks of a page's Origin by whatever spelling of its path", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project)
      const headers = { origin: "https://evil.example" }
      for (const where of ["/mcp", "//mcp", "/mcp/", "/MCP", "/%6dcp", "/mc%50", "/mcp;x"]) {
        const { status, json } = yield* request(origin, where, { headers })
        assert.strictEqual(`${status} ${json.error._tag}`, "403 ForeignSite", where)
      }
    }),
  )

  it.live("other machines are not served without a token", () =>
    Effect.gen(function* () {
      const root = yield* project
      const refused = yield* served(root, { host: "0.0.0.0", token: "" }).pipe(Effect.flip)
      assert.deepInclude(refused, { _tag: "TokenMissing", host: "0.0.0.0" })
      const tokenFile = path.join(root, "token")
      const withFile = served(root, { host: "0.0.0.0", tokenFile })
      assert.deepInclude(yield* Effect.flip(withFile), { _tag: "TokenUnusable", from: tokenFile })
      yield* Effect.promise(() => writeFile(tokenFile, "short\n"))
      assert.deepInclude(yield* Effect.flip(withFile), { _tag: "TokenUnusable", from: tokenFile })
      assert.isFalse(existsSync(path.join(root, ".openislands/serve.json")))

      yield* Effect.promise(() => writeFile(tokenFile, `${token}\n`))
      const origin = yield* withFile
      assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/)
      // By an address nobody can be led astray, by a name they can.
      assert.strictEqual((yield* request(origin, "/api/connectors", as("192.168.1.7:4321"))).status, 200)
      assert.strictEqual((yield* request(origin, "/api/connectors", as("evil.example"))).status, 421)
      assert.strictEqual((yield* request(origin, "/api/connectors")).status, 401)
    }),
  )
})

describe("how much they may ask", () => {
  it.live("a body of more than 1 MB is refused, whether it says so or not", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project)
      const body = JSON.stringify({ full: "x".repeat(1_100_000) })
      for (const [name, value] of [
        ["content-length", String(body.length)] as const,
        ["transfer-encoding", "chunked"] as const,
      ]) {
        const sent = { method: "POST", headers: { [name]: value, "content-type": "application/json" }, body }
        const { status, json } = yield* request(origin, "/api/connectors/one/sync", sent)
        assert.strictEqual(`${status} ${json.error._tag}`, "413 BodyTooLarge")
      }
    }),
  )

  it.live("a hundred may listen, the next is told so, and who leaves makes room", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project)
      const clients = yield* Effect.forEach(Array.from({ length: 100 }), () => listen(origin), { concurrency: 10 })
      yield* Effect.forEach(clients, ({ until }) => until(({ type }) => type === "hello"))
      const { status, json } = yield* request(origin, "/api/events")
      assert.strictEqual(`${status} ${json.error._tag}`, "503 TooManyStreams")
      clients[0]!.response.destroy()
      const next = listen(origin).pipe(
        Effect.flatMap(({ response }) => (response.statusCode === 200 ? Effect.void : Effect.fail("refused"))),
      )
      yield* next.pipe(Effect.retry({ times: 100, schedule: spaced }))
    }),
  )

  it.live("whoever is slow to say what they want is cut off, and keeps nobody waiting", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* project)
      const cut = yield* Effect.callback<string>((resume) => {
        let text = ""
        const socket = connect(Number(new URL(origin).port), "127.0.0.1", () => {
          socket.write("GET /api/connectors HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        })
        socket.on("data", (chunk) => (text += chunk.toString()))
        socket.on("close", () => resume(Effect.succeed(text)))
      }).pipe(Effect.forkScoped)
      assert.strictEqual((yield* request(origin, "/healthz")).status, 200)
      assert.match(yield* Fiber.join(cut), /^HTTP\/1\.1 408 /)
    }),
  )
})

it.live("every answer says what a browser must not do with it", () =>
  Effect.gen(function* () {
    const origin = yield* served(yield* temporaryProject({ "manifest.json": manifest({}) }))
    for (const where of ["/", "/app/main.js", "/api/connectors", "/api/nothing", "/healthz", "/nothing"]) {
      const { headers } = yield* request(origin, where)
      assert.match(
        String(headers["content-security-policy"]),
        /^default-src 'none'; script-src 'self'; style-src 'self'/,
      )
      assert.include(String(headers["content-security-policy"]), "frame-ancestors 'none'")
      assert.deepInclude(headers, {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      })
      assert.notProperty(headers, "access-control-allow-origin")
    }
  }),
)
