import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../../fixtures/cli.ts"
import { listen, request } from "../../fixtures/http.ts"
import { connector, oneConnector } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const syncing = (body: string) => oneConnector(connector().replace("sync() {}", `async sync(ctx) { ${body} }`))
const cli = (root: string, ...args: ReadonlyArray<string>) => openislands([...args, "--json"], { cwd: root })
const types = (events: ReadonlyArray<{ readonly event: any }>) =>
  events.map(({ event }) => event.type).filter((type) => type !== "changed" && type !== "progress")

describe("what other processes run", () => {
  it.live("is told like what runs here, each thing once", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        syncing(`ctx.log("one"); ctx.log("two"); await ctx.insert("rows", [{ a: 1 }]); ctx.log("three")`),
      )
      const origin = yield* served(root)
      const client = yield* listen(origin)
      const { runs } = JSON.parse((yield* cli(root, "sync")).stdout)
      yield* client.until(({ type }) => type === "checkpoint")
      // One more of ours, which must not be told twice.
      yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      yield* Effect.sync(() => types(client.events).filter((type) => type === "checkpoint").length).pipe(
        Effect.repeat({ until: (count) => count === 2, schedule: Schedule.spaced("20 millis") }),
      )
      yield* Effect.sleep("1500 millis")
      const one = ["started", "line", "line", "line", "finished", "checkpoint"]
      assert.deepEqual(types(client.events), ["hello", ...one, ...one])
      assert.deepEqual(client.events.find(({ event }) => event.type === "finished")?.event.run, runs[0])

      // What is no file of ours there is passed over.
      mkdirSync(path.join(root, ".openislands/runs/odd.jsonl"))
      mkdirSync(path.join(root, ".openislands/locks/run-odd.lock.json"))
      const before = new Set(client.events.map(({ event }) => event))
      yield* cli(root, "rollback")
      yield* client.until((event) => !before.has(event) && event.type === "changed" && event.parts.includes("history"))
    }),
  )

  it.live("is told also where it was over before anybody looked into the directory of its record", () =>
    Effect.gen(function* () {
      const files = syncing(`await ctx.insert("rows", [{ a: 1 }])`)
      const elsewhere = yield* temporaryProject(files)
      const root = yield* temporaryProject(files)
      const client = yield* listen(yield* served(root))
      const { runs } = JSON.parse((yield* cli(elsewhere, "sync")).stdout)
      cpSync(path.join(elsewhere, ".openislands/runs"), path.join(root, ".openislands/runs"), { recursive: true })
      const events = yield* client.until(({ type }) => type === "finished")
      assert.deepEqual(events.find(({ event }) => event.type === "finished")?.event.run, runs[0])
    }),
  )

  it.live("is under way for who comes meanwhile, can be cancelled from here, and isn't started twice", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        syncing(
          `ctx.log("in"); for (let i = 0; ; i++) { await ctx.insert("rows", [{ i }]); await new Promise((r) => setTimeout(r, 300)) }`,
        ),
      )
      const origin = yield* served(root)
      const client = yield* listen(origin)
      const other = yield* Effect.forkScoped(cli(root, "sync"))
      const events = yield* client.until(({ type }) => type === "line")
      const { runId } = events.find(({ event }) => event.type === "line")!.event
      // How far it is, more than once.
      const told = yield* client.until(({ type, rows }) => type === "progress" && rows.rows > 2)
      const progress = told.find(({ event }) => event.type === "progress")!.event
      assert.deepInclude(progress, { runId, connector: "one" })
      const run = (yield* request(origin, `/api/runs/${runId}`)).json
      assert.deepInclude(run, { runId, outcome: "running" })
      assert.isAtLeast(run.rows.rows, progress.rows.rows)
      const busy = yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      assert.strictEqual(busy.status, 409)
      assert.deepInclude(busy.json.error, { _tag: "SyncRunning", runId })
      const { status, json } = yield* request(origin, `/api/runs/${runId}/cancel`, { method: "POST" })
      assert.strictEqual(status, 200)
      assert.deepEqual(json, { runId, cancelled: true })
      yield* client.until((event) => event.type === "finished" && event.runId === runId)
      assert.strictEqual((yield* Fiber.join(other)).code, 1)
    }),
  )

  it.live("that is killed is told to be lost", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(syncing(`ctx.log("in"); await new Promise(() => setTimeout(() => {}, 1e9))`))
      const origin = yield* served(root)
      const client = yield* listen(origin)
      yield* Effect.forkScoped(cli(root, "sync"))
      const events = yield* client.until(({ type }) => type === "line")
      const { runId } = events.find(({ event }) => event.type === "line")!.event
      const locks = path.join(root, ".openislands/locks")
      const sidecar = readdirSync(locks).find((name) => name.endsWith(".lock.json"))
      process.kill(JSON.parse(readFileSync(path.join(locks, sidecar!), "utf8")).pid, "SIGKILL")
      yield* client.until((event) => event.type === "lost" && event.runId === runId)
      yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      yield* client.until((event) => event.type === "started" && event.runId !== runId)
    }),
  )
})
