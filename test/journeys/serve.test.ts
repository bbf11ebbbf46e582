import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { existsSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:net"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { listen, request } from "../fixtures/http.ts"
import { connector, oneConnector } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { serving } from "../fixtures/serving.ts"

const project = temporaryProject(
  oneConnector(connector().replace("sync() {}", `async sync(ctx) { await ctx.insert("rows", [{ a: 1 }]) }`)),
)

describe("openislands serve", () => {
  it.live("says where it is, serves, and leaves nothing behind when it is stopped", () =>
    Effect.gen(function* () {
      const root = yield* project
      const { origin, stop } = yield* serving(root)
      const file = path.join(root, ".openislands/serve.json")
      const { pid, ...rest } = JSON.parse(readFileSync(file, "utf8"))
      assert.deepEqual(rest, { origin })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)

      const page = yield* request(origin, "/")
      assert.include(page.text, '<div id="root">')
      for (const [, asset] of page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
        assert.strictEqual((yield* request(origin, asset!)).status, 200, asset)
      }
      const client = yield* listen(origin)
      yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      yield* client.until(({ type }) => type === "checkpoint")
      assert.strictEqual(readFileSync(path.join(root, "data/one.csv"), "utf8"), "a\n1\n")

      const second = yield* openislands(["serve", "--json", "--port", "0"], { cwd: root })
      assert.strictEqual(second.code, 1)
      assert.deepInclude(JSON.parse(second.stdout).error, { _tag: "AlreadyServing", origin, pid })

      const { code, stdout, stderr } = yield* stop("SIGTERM")
      assert.strictEqual(code, 130)
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^\d\d:\d\d:\d\d {2}one {2}started$/m)
      assert.match(stderr, /^\d\d:\d\d:\d\d {2}one {2}one \+1 row \(insert\); checkpoint \S+$/m)
      assert.strictEqual(stderr.split("\n")[0], `${origin} serves ${root} (Ctrl-C stops it)`)
      assert.strictEqual(stderr.split("\n").at(-2), "Stopped.")
      assert.isTrue(client.state.ended && client.response.complete)
      assert.isFalse(existsSync(file))
    }),
  )

  it.live("killed, it keeps nobody from serving the project again", () =>
    Effect.gen(function* () {
      const root = yield* project
      const killed = yield* (yield* serving(root, "--json")).stop("SIGKILL")
      assert.sameMembers(Object.keys(JSON.parse(killed.stdout)), ["origin", "pid"])
      assert.isTrue(existsSync(path.join(root, ".openislands/serve.json")))
      const { origin, stop } = yield* serving(root)
      assert.include(readFileSync(path.join(root, ".openislands/serve.json"), "utf8"), origin)
      yield* stop("SIGINT")
    }),
  )

  it.live("a second Ctrl-C doesn't wait for what a connector does", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneConnector(connector().replace("sync() {}", `async sync(ctx) { ctx.log("in"); for (;;) {} }`)),
      )
      const { origin, send, program } = yield* serving(root)
      const client = yield* listen(origin)
      yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      yield* client.until(({ type }) => type === "line")
      send("SIGINT")
      yield* request(origin, "/api/connectors/one/sync", { method: "POST" }).pipe(
        Effect.repeat({ until: ({ status }) => status === 503 }),
      )
      send("SIGINT")
      assert.strictEqual((yield* Fiber.join(program)).code, 130)
    }),
  )

  it.live("a port that is taken is an error with the way on, and so is what makes no sense", () =>
    Effect.gen(function* () {
      const root = yield* project
      const port = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      ).pipe(Effect.map((server) => (server.address() as { readonly port: number }).port))
      for (const [args, code, expected] of [
        [["--port", String(port)], 1, `error: port ${port} of 127.0.0.1 is in use by another program`],
        [["--host", "203.0.113.7", "--token-file", "none"], 1, "error: the token in none cannot be used"],
        [["--host", "0.0.0.0", "--port", "0"], 1, "error: other machines can reach 0.0.0.0"],
        [["--port", "70000"], 2, "a port: 0 to 65535"],
        [["--origin", "example.com"], 2, "an origin such as"],
      ] as const) {
        const { code: got, stderr } = yield* openislands(["serve", ...args], { cwd: root })
        assert.strictEqual(got, code, stderr)
        assert.include(stderr, expected)
        assert.match(stderr, /\n {2}\S/, "a next step")
      }
      assert.isFalse(existsSync(path.join(root, ".openislands/serve.json")))
    }),
  )
})
