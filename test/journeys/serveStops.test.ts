import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { listen, request } from "../fixtures/http.ts"
import { connector, manifest, oneConnector } from "../fixtures/journey.ts"
import { commandLine, processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { serving } from "../fixtures/serving.ts"

const syncing = (body: string) =>
  connector().replace("sync() {}", `async sync(ctx) { await ctx.insert("rows", [{ a: 2 }]); ctx.log("in"); ${body} }`)
const names = ["waits", "deaf", "busy"]
/** One that ends when it is asked to, one that doesn't listen, and one that cannot even hear. */
const project = temporaryProject({
  "manifest.json": manifest(Object.fromEntries(names.map((name) => [name, {}]))),
  "connectors/waits/index.ts": syncing(`await new Promise((_, no) => ctx.signal.addEventListener("abort", no))`),
  "connectors/deaf/index.ts": syncing(
    `process.on?.("SIGTERM", () => {}); await new Promise(() => setTimeout(() => {}, 1e9))`,
  ),
  "connectors/busy/index.ts": syncing("for (;;) {}"),
  ...Object.fromEntries(names.map((name) => [`data/${name}.csv`, "a\n1\n"])),
})

/** All three are running, and have written rows that are not committed. */
const running = Effect.gen(function* () {
  const root = yield* project
  const program = yield* serving(root)
  const client = yield* listen(program.origin)
  for (const name of names) yield* request(program.origin, `/api/connectors/${name}/sync`, { method: "POST" })
  for (const name of names) yield* client.until(({ type, connector }) => type === "line" && connector === name)
  return { root, ...program }
})

const gone = (root: string) =>
  Effect.sync(() => processesIn(root).length).pipe(
    Effect.repeat({ until: (count) => count === 0, schedule: Schedule.spaced("50 millis") }),
  )

const assertUntouched = Effect.fnUntraced(function* (root: string) {
  for (const name of names) assert.strictEqual(readFileSync(path.join(root, `data/${name}.csv`), "utf8"), "a\n1\n")
  const { stdout } = yield* openislands(["history", "--json"], { cwd: root })
  assert.deepEqual(JSON.parse(stdout).checkpoints, [])
})

it.live("when a sync has ended, the server is the only process of ours that is left in the project", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(oneConnector(syncing("")))
    const program = yield* serving(root)
    const client = yield* listen(program.origin)
    yield* request(program.origin, "/api/connectors/one/sync", { method: "POST" })
    const ended = yield* client.until(({ type }) => type === "finished")
    assert.strictEqual(ended.at(-1)?.event.run?.outcome ?? "success", "success")
    yield* Effect.sleep("50 millis").pipe(Effect.repeat({ until: () => processesIn(root).length <= 1, times: 100 }))
    assert.deepEqual(
      processesIn(root).map((pid) => / serve /.test(commandLine(pid))),
      [true],
    )
  }),
)

describe("stopping openislands serve while three syncs run", () => {
  it.live("each ends with its record, whether it listens or not, and nothing of it is left", () =>
    Effect.gen(function* () {
      const { root, stop } = yield* running
      const { code } = yield* stop("SIGTERM").pipe(Effect.timeout("10 seconds"))
      assert.strictEqual(code, 130)
      yield* gone(root)
      yield* assertUntouched(root)
      assert.deepEqual(readdirSync(path.join(root, "data")).toSorted(), names.map((name) => `${name}.csv`).toSorted())
      assert.isFalse(existsSync(path.join(root, ".openislands/serve.json")))
      const { runs } = JSON.parse((yield* openislands(["runs", "--json"], { cwd: root })).stdout)
      assert.sameMembers(
        runs.map((run: { readonly connector: string }) => run.connector),
        names,
      )
      for (const run of runs) assert.deepInclude(run.error, { _tag: "Interrupted" })
    }),
  )

  it.live("a second Ctrl-C waits for nothing; the next sync works as ever", () =>
    Effect.gen(function* () {
      const { root, send, program } = yield* running
      send("SIGINT")
      yield* Effect.sleep("100 millis")
      send("SIGINT")
      yield* Fiber.join(program)
      yield* gone(root)
      yield* assertUntouched(root)
      // Who is busy is killed by its own timeout; the other two write what they have when they are run anew.
      const again = yield* serving(root)
      const { json } = yield* request(again.origin, "/api/connectors")
      for (const { running } of json.connectors) assert.isNull(running)
      yield* again.stop("SIGTERM")
    }),
  )
})

describe("openislands status", () => {
  it.live("says why nothing runs what is overdue", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: { schedule: "6h" } }),
        "connectors/one/index.ts": connector(),
      })
      const status = openislands(["status"], { cwd: root }).pipe(Effect.map(({ stdout }) => stdout))
      assert.include(yield* status, `it has never synced; nothing runs it: "openislands serve" is not running`)
      const idle = yield* serving(root, "--no-schedule")
      assert.include(yield* status, `nothing runs it: "openislands serve" runs with --no-schedule`)
      yield* idle.stop("SIGTERM")
      const { origin, stop } = yield* serving(root)
      yield* request(origin, "/api/connectors/one").pipe(
        Effect.repeat({ until: ({ json }) => json.lastSuccess !== null, schedule: Schedule.spaced("50 millis") }),
      )
      assert.include(yield* status, "every 6h since it last succeeded")
      assert.notInclude(yield* status, "nothing runs it")
      yield* stop("SIGTERM")
    }),
  )
})
