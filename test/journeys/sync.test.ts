import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import type { ConnectorStatus } from "../../src/services/domain/ConnectorStatus.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { connector, kitImport, manifest } from "../fixtures/journey.ts"
import { processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"

/** A connector whose `sync` does this. */
const doing = (body: string): string => `${kitImport}
export default defineConnector({ description: "Test rows", secrets: [], outputs: { rows: {} }, async sync(ctx) {
${body}
} })
`

interface Synced {
  readonly runs: ReadonlyArray<Run>
  readonly connectors: ReadonlyArray<ConnectorStatus>
}

const syncJson = (root: string, ...args: ReadonlyArray<string>) =>
  openislands(["sync", ...args, "--json"], { cwd: root }).pipe(
    Effect.map(({ code, stdout }) => ({ code, ...(JSON.parse(stdout) as Synced) })),
  )

const inserts = `await ctx.insert("rows", [{ id: 1 }, { id: 2 }])
  ctx.state.cursor = 2`

it.live("a sync that failed is mended by one that succeeds: status has no error any more", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      "manifest.json": manifest({ one: {} }),
      "connectors/one/index.ts": doing(`${inserts}\n  throw new Error("the provider is down")`),
    })
    const { code, connectors } = yield* syncJson(root)
    assert.strictEqual(code, 1)
    assert.deepInclude(connectors[0], { lastSuccess: null })
    assert.deepInclude(connectors[0]?.lastError, { _tag: "ConnectorFailed" })
    yield* Effect.promise(() => writeFile(path.join(root, "connectors/one/index.ts"), doing(inserts)))
    const well = yield* syncJson(root, "one")
    assert.strictEqual(well.code, 0)
    assert.isNull(well.connectors[0]?.lastError)
    assert.strictEqual(yield* Effect.promise(() => readFile(path.join(root, "data/one.csv"), "utf8")), "id\n1\n2\n")
  }),
)

it.live("what a connector says of itself, over several lines, is never a line of ours", () =>
  Effect.gen(function* () {
    const source = doing(`throw new Error("it is down\\none  connected")`)
    const root = yield* temporaryProject({
      "manifest.json": manifest({ one: {} }),
      "connectors/one/index.ts": source.replace("Test rows", "Test rows\\ntwo  connected"),
    })
    const shown = yield* Effect.forEach(["sync", "runs", "status"], (command) => openislands([command], { cwd: root }))
    for (const { stdout } of shown) {
      assert.match(stdout, /^ +one {2}connected/m)
      assert.notMatch(stdout, /^(one|two) {2}connected$/m)
    }
    assert.match(shown[2]!.stdout, /^ +two {2}connected$/m)
  }),
)

const slow = doing(`${inserts}\n  ctx.log("inserted")\n  await new Promise((resolve) => setTimeout(resolve, 60_000))`)

it.live("Ctrl-C ends it at once with nothing written, and exits 130", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": manifest({ one: {} }), "connectors/one/index.ts": slow })
    const started = yield* Deferred.make<(signal: NodeJS.Signals) => void>()
    const onStart = (kill: (signal: NodeJS.Signals) => void) => Deferred.doneUnsafe(started, Effect.succeed(kill))
    const running = yield* Effect.forkChild(openislands(["sync"], { cwd: root, onStart }))
    const kill = yield* Deferred.await(started)
    yield* untilRunning(root)

    // Meanwhile another process finds it busy: skipped is fine for all, and a failure for the one that was named.
    const all = yield* syncJson(root)
    assert.deepInclude(all, { code: 0 })
    assert.deepInclude(all.runs[0], { outcome: "skipped" })
    assert.deepInclude(all.runs[0]?.error, { _tag: "SyncRunning", connector: "one" })
    assert.hasAllKeys(all.connectors[0]?.running, ["pid", "startedAt", "runId"])
    assert.strictEqual((yield* syncJson(root, "one")).code, 1)

    kill("SIGINT")
    const ended = yield* Fiber.join(running)
    assert.strictEqual(ended.code, 130)
    assert.match(ended.stdout, /^one {2}failed\n {2}.*interrupted\n {2}Nothing was written/)
    const { stdout } = yield* openislands(["status", "--json"], { cwd: root })
    const [status] = (JSON.parse(stdout) as Synced).connectors
    assert.deepInclude(status, { lastSuccess: null, running: null })
    assert.deepInclude(status?.lastError, { _tag: "Interrupted" })
    assert.deepInclude(yield* openislands(["history", "--json"], { cwd: root }), {
      stdout: '{\n  "checkpoints": []\n}\n',
    })
  }),
)

it.live("Ctrl-C while the connectors are asked what they are still tells of the runs that have ended", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      "manifest.json": manifest({ one: {}, two: {} }),
      "connectors/one/index.ts": doing(inserts),
      "connectors/two/index.ts": connector("while (true) {}\n"),
    })
    const { code, stdout } = yield* openislands(["sync", "one", "--json"], {
      cwd: root,
      onStart: (kill) => {
        const waiting = setInterval(() => {
          // The program, and the guest that never says what it is.
          if (processesIn(root).length < 2 || !hasSucceeded(root)) return
          clearInterval(waiting)
          kill("SIGINT")
        }, 50)
      },
    })
    assert.strictEqual(code, 130)
    const { runs, connectors } = JSON.parse(stdout) as Synced
    assert.deepEqual(
      runs.map(({ outcome }) => outcome),
      ["success"],
    )
    assert.deepEqual(connectors, [])
  }),
)

const hasSucceeded = (root: string): boolean => {
  const records = path.join(root, ".openislands/runs/one.jsonl")
  return existsSync(records) && readFileSync(records, "utf8").includes('"success"')
}

const untilRunning = (root: string) =>
  openislands(["status", "--json"], { cwd: root }).pipe(
    Effect.repeat({ until: ({ stdout }) => (JSON.parse(stdout) as Synced).connectors[0]?.running !== null }),
  )

it.live("a secret shows in no log, error or run, in whatever form", () =>
  Effect.gen(function* () {
    const secret = "tok_3n!/é secret"
    const body = `const key = ctx.secrets.KEY
  ctx.log("using " + key)
  console.log(JSON.stringify({ key }), Buffer.from(key).toString("base64"))
  throw new Error("401 from https://x/?key=" + encodeURIComponent(key))`
    const root = yield* temporaryProject({
      "manifest.json": manifest({ one: {} }),
      "connectors/one/index.ts": doing(body).replace("secrets: []", 'secrets: ["KEY"]'),
      ".env": `KEY="${secret}"\n`,
    })
    const { runs, ...rest } = yield* syncJson(root)
    const logs = yield* openislands(["logs", runs[0]!.runId], { cwd: root })
    const everything = JSON.stringify([runs, rest, logs])
    assert.notMatch(everything, /tok_|3n%21|dG9rXz/)
    assert.strictEqual(logs.stdout, 'using [redacted]\n{"key":"[redacted]"} [redacted]\n')
    assert.match(everything, /401 from https:\/\/x\/\?key=\[redacted\]/)
    assert.deepInclude(runs[0]?.error, { log: ["using [redacted]", '{"key":"[redacted]"} [redacted]'] })
    const { stdout } = yield* openislands(["sync"], { cwd: root })
    assert.match(stdout, /\n {2}Last in its log:\n {4}using \[redacted\]\n {4}\{"key":"\[redacted\]"\} \[redacted\]\n$/)
  }),
)
