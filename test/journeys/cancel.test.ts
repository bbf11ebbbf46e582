import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { ListedRun } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { commandLine, processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesAndHistoryOf,
  oneOutput,
  runsAt,
  startCli,
  statusAt,
  syncAt,
  syncing,
  untilLogged,
} from "../fixtures/syncing.ts"

interface Cancelled {
  readonly runId: string
  readonly cancelled: boolean
  readonly error?: ErrorDocument
}

const cancelAt = (root: string, runId: string) =>
  openislands(["cancel", runId, "--json"], { cwd: root }).pipe(
    Effect.map(({ code, stdout, stderr }) => {
      assert.strictEqual(stderr, "")
      return { code, ...(JSON.parse(stdout) as Cancelled) }
    }),
  )

const wordsIn = (root: string) =>
  readdirSync(path.join(root, ".openislands/runs")).filter((name) => name.endsWith(".cancel"))

/** How `status` says that a run can be ended. */
const runningAt = Effect.fnUntraced(function* (root: string) {
  const [status] = yield* statusAt(root)
  const runId = status?.running?.runId ?? assert.fail("nothing is running")
  const { stdout } = yield* openislands(["status"], { cwd: root })
  assert.include(stdout, `openislands cancel ${runId}`)
  return runId
})

const insert = `    if (ctx.state.n === undefined) {
      ctx.state.n = 1
      await ctx.insert("rows", [{ id: 1 }])
      return
    }
    await ctx.insert("rows", [{ id: 2 }])
    ctx.log("ready")
`

describe.concurrent("cancel", () => {
  for (const [name, rest] of Object.entries({
    "waits for ever": `await new Promise(() => {})`,
    "loops for ever": `for (;;);`,
    "writes for ever and catches every failure": `for (;;) await ctx.insert("rows", [{ id: 3 }]).catch(() => new Promise((done) => setTimeout(done, 10)))`,
    "will not hear of it": `process.on("SIGTERM", () => {}); ctx.signal.onabort = () => { for (;;); }; await new Promise(() => {})`,
  })) {
    it.live(`ends a run whose connector ${name}, from another process, and nothing of it is written`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(oneOutput(`${insert}    ${rest}`))
        yield* syncAt(root)
        const before = bytesAndHistoryOf(root)
        const running = yield* startCli(root, ["sync", "--json"])
        yield* untilLogged(root, "one", "ready")
        const runId = yield* runningAt(root)

        assert.deepEqual(yield* cancelAt(root, runId), { code: 0, runId, cancelled: true })
        const [record] = yield* runsAt(root)
        assert.deepInclude(record, { runId, outcome: "failure", datasets: {}, checkpoint_id: null })
        assert.deepInclude(record?.error, { _tag: "SyncCancelled", connector: "one" })
        const { code, stdout } = yield* running.ended
        assert.strictEqual(code, 1)
        assert.deepEqual((JSON.parse(stdout) as { readonly runs: ReadonlyArray<ListedRun> }).runs, [record!])
        assert.deepEqual(bytesAndHistoryOf(root), before)
        assert.deepEqual(wordsIn(root), [])
        assert.deepEqual(processesIn(root).map(commandLine), [])

        const again = yield* cancelAt(root, runId)
        assert.deepInclude(again, { code: 1 })
        assert.deepInclude(again.error, { _tag: "RunFinished", runId, outcome: "failure" })
      }),
    )
  }

  it.live("ends a run that waits for its next try", () =>
    Effect.gen(function* () {
      const body = `    throw new RetryableError("busy", { retryAfter: new Date(Date.now() + 600_000) })`
      const root = yield* temporaryProject({
        ...oneOutput(""),
        "connectors/one/index.ts": syncing(body, "", `import { RetryableError } from "@openislands/connector-kit"\n`),
      })
      const running = yield* startCli(root, ["sync"])
      yield* untilLogged(root, "one", "try 2 of 4 in 10 min")
      const { stdout } = yield* openislands(["status"], { cwd: root })
      assert.match(stdout, /^ {2}waits since \S+Z: try 2 of 4 in 10 min: connector "one" failed: .*busy/m)
      assert.deepInclude(yield* cancelAt(root, yield* runningAt(root)), { code: 0, cancelled: true })
      assert.strictEqual((yield* running.ended).code, 1)
      assert.deepInclude((yield* runsAt(root))[0]?.error, { _tag: "SyncCancelled" })
      const { stdout: after } = yield* openislands(["status"], { cwd: root })
      assert.match(after, /^one {2}connected\n(.*\n)* {2}last try: \S+Z, cancelled\n {2}last success: never$/m)
    }),
  )

  it.live("lets the connector hear of it and end in order", () =>
    Effect.gen(function* () {
      const body = `    ctx.log("ready")\n    await new Promise((done) => (ctx.signal.onabort = done))\n    ctx.log("ended in order")`
      const root = yield* temporaryProject(oneOutput(body))
      const running = yield* startCli(root, ["sync"])
      yield* untilLogged(root, "one", "ready")
      const runId = yield* runningAt(root)
      const { code, stdout } = yield* openislands(["cancel", ".", runId], { cwd: root })
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `cancelled ${runId} (connector "one")\n` })
      assert.match((yield* running.ended).stdout, /^one {2}failed\n {2}the sync of connector "one" was cancelled\n/)
      assert.include((yield* openislands(["logs", runId], { cwd: root })).stdout, "ended in order")
    }),
  )

  it.live("of what is no run, or is over, is an error with its next step", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(`    await ctx.insert("rows", [{ id: 1 }])`))
      const { run } = yield* syncAt(root)
      const over = yield* cancelAt(root, run.runId)
      assert.deepInclude(over.error, { _tag: "RunFinished", outcome: "success" })
      assert.match(over.error?.suggestion ?? "", /rollback/)
      for (const unknown of ["nonsense", "../../x", "20200101T000000000-one-00000000"]) {
        const { code, error } = yield* cancelAt(root, unknown)
        assert.deepEqual([code, error?._tag], [1, "UnknownRun"])
      }
      assert.strictEqual((yield* openislands(["cancel"], { cwd: root })).code, 2)
      assert.deepEqual(wordsIn(root), [])
    }),
  )

  it.live("of a run that died with its process says so, and a word that it left hurts nobody", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(`    ctx.log("ready")\n    await new Promise(() => {})`))
      const running = yield* startCli(root, ["sync"])
      yield* untilLogged(root, "one", "ready")
      const runId = yield* runningAt(root)
      running.kill("group", "SIGKILL")
      yield* running.ended
      const { code, error } = yield* cancelAt(root, runId)
      assert.strictEqual(code, 1)
      assert.deepInclude(error, { _tag: "RunFinished", runId, outcome: null })

      const word = path.join(root, `.openislands/runs/${runId}.cancel`)
      const source = path.join(root, "connectors/one/index.ts")
      const sound = readFileSync(source, "utf8").replace(
        "await new Promise(() => {})",
        `await ctx.insert("rows", [{ id: 1 }])`,
      )
      yield* Effect.promise(() => Promise.all([writeFile(word, ""), writeFile(source, sound)]))
      assert.strictEqual((yield* syncAt(root)).run.outcome, "success")
      assert.deepEqual(wordsIn(root), [])
    }),
  )
})
