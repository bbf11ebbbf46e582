import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { placeOf } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesAndHistoryOf,
  leftOverIn,
  nothingLeft,
  projectOf,
  processesIn,
  runsAt,
  startCli,
  statusAt,
  syncAt,
  synced,
  syncing,
  tagOf,
  untilLogged,
} from "../fixtures/syncing.ts"

interface Way {
  /** What the second sync does, after it has written rows and moved its cursor. */
  readonly body: string
  readonly tag: string
  readonly message: RegExp
  /** The part of the connector's source that is to blame. */
  readonly blame?: string
}

const crash = (body: string, message: RegExp): Way => ({ body, tag: "ConnectorCrashed", message })
const timeout = (body: string): Way => ({ body, tag: "ConnectorTimeout", message: /took longer than 1 s/ })
const row = (value: string, message: RegExp, top = ""): Way => ({
  body: `${top}await ctx.insert("rows", [{ id: 3, at: "2026-01-03" }, ${value}])`,
  tag: "RowError",
  message,
  blame: `insert("rows", [{ id: 3,`,
})
const keeps = (body: string, message: RegExp): Way => ({
  body,
  tag: "StateNotJson",
  message,
  blame: "defineConnector({",
})
const drift = (rows: string, message: RegExp): Way => ({
  body: `await ctx.insert("rows", [${rows}])`,
  tag: "SchemaDrift",
  message,
})

const ways: Readonly<Record<string, Way>> = {
  throws: {
    body: `throw new TypeError("the provider is down")`,
    tag: "ConnectorFailed",
    message: /failed: TypeError: the provider is down/,
    blame: "new TypeError",
  },
  "throws-in-a-helper": {
    body: `parsed("{")`,
    tag: "ConnectorFailed",
    message: /JSON/,
    blame: "parse(text)",
  },
  "throws-in-its-rows": {
    body: `await ctx.insert("rows", (function* () { yield { id: 3, at: null }; throw new Error("page 2 is gone") })())`,
    tag: "ConnectorFailed",
    message: /page 2 is gone/,
    blame: "new Error",
  },
  "rejects-unawaited": {
    body: `void Promise.reject(new Error("adrift"))
    await new Promise((done) => setTimeout(done, 10_000))`,
    tag: "ConnectorFailed",
    message: /adrift/,
    blame: "new Error",
  },
  "throws-in-a-timer": {
    body: `setTimeout(() => { throw new Error("too late") }, 1)
    await new Promise((done) => setTimeout(done, 10_000))`,
    tag: "ConnectorFailed",
    message: /too late/,
    blame: "new Error",
  },
  "throws-null": { body: "throw null", tag: "ConnectorFailed", message: /null/ },
  exits: crash("process.exit(0)", /exit code 0/),
  "exits-with-1": crash("process.exit(1)", /exit code 1/),
  aborts: crash("process.abort()", /SIGABRT/),
  "runs-out-of-heap": crash(
    "const all: unknown[] = []\n    for (;;) all.push(new Array(1000).fill(all.length))",
    /memory/,
  ),
  "runs-out-of-buffers": crash(
    "const all: unknown[] = []\n    for (;;) all.push(new Uint8Array(1e7).fill(1))",
    /memory/,
  ),
  "waits-for-nothing": timeout("await new Promise(() => {})"),
  "loops-for-ever": timeout("for (;;);"),
  "waits-for-ever": timeout("await new Promise((done) => setTimeout(done, 3_600_000))"),
  "drifts-with-a-new-column": drift(
    `{ id: 3, at: "2026-01-03" }, { id: 4, at: null, extra: true }`,
    /new column "extra" \(boolean\), first in row 4\b/,
  ),
  "drifts-without-a-column": drift(`{ id: 3 }`, /column "at" is in no row/),
  "drifts-with-another-type": drift(
    `{ id: "three", at: "2026-01-03" }`,
    /column "id" is integer, row 3 has string, "three"/,
  ),
  "has-NaN": row("{ id: NaN }", /row 4 .*column "id".*finite number.*NaN/),
  "has-a-function": row(`{ id: 4, at: () => "now" }`, /row 4 .*column "at".*function/),
  "has-a-cycle": row(
    "self",
    /row 4 .*column "self".*cyclic/,
    "const self: Record<string, unknown> = { id: 4 }\n    self.self = { self }\n    ",
  ),
  "has-half-a-surrogate-pair": row(String.raw`{ id: 4, at: "\ud800" }`, /lone surrogate/),
  "has-a-row-that-is-none": row("null", /row 4.*an object of columns.*null/),
  "writes-an-unknown-output": {
    body: `await ctx.insert("toString" as never, [{ id: 3 }])`,
    tag: "UnknownOutput",
    message: /toString/,
    blame: `insert("toString"`,
  },
  "keeps-a-cycle": keeps("ctx.state.self = ctx.state", /ctx\.state\.self/),
  "keeps-NaN": keeps("ctx.state = { a: [1, NaN] }", /ctx\.state\.a\[1\] is NaN/),
  "keeps-an-array": keeps("ctx.state = [] as never", /must be an object/),
}

/** Lands the first time. The second time it writes, moves its cursor, and then ends this way. */
const source = ({ body, tag }: Way): string =>
  syncing(
    `    const twice = ctx.state.cursor !== undefined
    ctx.state.cursor = twice ? 4 : 2
    if (!twice) {
      await ctx.insert("rows", [{ id: 1, at: "2026-01-01" }, { id: 2, at: "2026-01-02" }])
      await ctx.replace("more", [{ n: 1 }])
      return
    }
    ${tag === "SchemaDrift" && body.includes("{ id: 3 }") ? "" : `await ctx.insert("rows", [{ id: 8, at: null }, { id: 9, at: "2026-01-09" }])`}
    await ctx.replace("more", [{ n: 2 }, { n: 3 }])
    ctx.log("about to")
    ${body}`,
    "",
    "const parsed = (text: string) => JSON.parse(text) as unknown\n",
  )

const names = Object.keys(ways)
const formats = ["csv", "jsonl"]
const manifest = (entry: (name: string) => object): string =>
  projectOf(
    names.flatMap((name, at) => [`${name}.${formats[at % 2]}`, `${name}-more.${formats[(at + 1) % 2]}`]),
    Object.fromEntries(names.map((name) => [name, { datasets: { rows: name, more: `${name}-more` }, ...entry(name) }])),
  )

/** All of them fail in one sync, beside one that lands; then everything there is to see of it. */
const allAtOnce = Effect.gen(function* () {
  const root = yield* temporaryProject({
    "manifest.json": manifest(() => ({})),
    ...Object.fromEntries(names.map((name) => [`connectors/${name}/index.ts`, source(ways[name]!)])),
  })
  yield* synced(root)
  const before = bytesAndHistoryOf(root)
  writeFileSync(
    path.join(root, "manifest.json"),
    manifest((name) => (ways[name]!.tag === "ConnectorTimeout" ? { timeout: "1s" } : {})),
  )
  const { code, runs } = yield* syncAt(root)
  const left = leftOverIn(root)
  const [status, listed, { stdout }] = [
    yield* statusAt(root),
    yield* runsAt(root),
    yield* openislands(["status"], { cwd: root }),
  ]
  return { before, after: bytesAndHistoryOf(root), left, code, runs, status, listed, people: stdout }
})
const failed = Effect.runSync(Effect.cached(Effect.scoped(allAtOnce)))

/** Two datasets, their contracts, and the cursor. */
const filesOf = (name: string, bytes: Readonly<Record<string, string>>) =>
  Object.entries(bytes).filter(([file]) => file.includes(`/${name}.`) || file.includes(`/${name}-more.`))

describe("a sync that fails leaves every dataset, contract, cursor and checkpoint byte for byte, and says why: it", () => {
  for (const [name, { tag, message, blame }] of Object.entries(ways)) {
    it.live(
      name.replaceAll("-", " "),
      () =>
        Effect.gen(function* () {
          const { before, after, runs, status, listed, people } = yield* failed
          assert.deepEqual(filesOf(name, after), filesOf(name, before))
          assert.lengthOf(filesOf(name, before), 5)
          const run = runs.find(({ connector }) => connector === name)!
          const error = run.error as unknown as ErrorDocument
          assert.deepInclude(run, { outcome: "failure", checkpoint_id: null, datasets: {} })
          assert.strictEqual(tagOf(error), tag, error.message)
          assert.match(error.message, message)
          assert.isNotEmpty(error.suggestion)
          // Its log, where it has one: every try is told of in it.
          const hasLog = (error["log"] as ReadonlyArray<string> | undefined)?.length || error["retryable"] === true
          const namesLog = error.suggestion!.includes(`"openislands logs ${run.runId}" shows`)
          if (tag.startsWith("Connector")) assert.strictEqual(namesLog, Boolean(hasLog), error.suggestion!)
          if (blame !== undefined) {
            const { line, column } = placeOf(source(ways[name]!), blame)
            const told = error["source"] ?? [error["file"], error["line"], error["column"]].join(":")
            assert.strictEqual(told, `connectors/${name}/index.ts:${line}:${column}`)
            assert.include(error.message, `(${told})`)
          }
          const shown = status.find((one) => one.name === name)
          assert.deepEqual(shown?.lastError, run.error)
          assert.isTrue(shown!.lastSuccess! < shown!.lastSync!)
          assert.deepInclude(listed, run)
          assert.include(people, `error: ${error.message}`)
          assert.include(people, `${name}  connected, but failing\n`)
          assert.include(people, `  last try: ${run.startedAt}, failed\n  last success: ${shown!.lastSuccess}\n`)
        }),
      120_000,
    )
  }

  it.live("exits with 1, adds nothing to the history, and leaves no process, journal or staged rows behind", () =>
    Effect.gen(function* () {
      const { before, after, left, code } = yield* failed
      assert.strictEqual(code, 1)
      assert.deepEqual(after, before)
      assert.deepEqual(left, nothingLeft)
    }),
  )
})

describe.concurrent("Ctrl-C while a sync is writing", () => {
  const wrote = syncing(`    if (ctx.state.cursor === undefined) {
      ctx.state.cursor = 1
      await ctx.insert("rows", [{ id: 1 }])
      return
    }
    ctx.signal.addEventListener("abort", () => ctx.log("told to stop"))
    ctx.state.cursor = 2
    let id = 2
    await ctx.insert("rows", (async function* () {
      for (;;) {
        if (id === 20_000) ctx.log("well under way")
        yield { id: id++ }
        if (id % 100 === 0) await new Promise((done) => setImmediate(done))
      }
    })())`)

  for (const [name, target, signal] of [
    ["reaches the whole process group", "group", "SIGINT"],
    ["reaches the program only", "program", "SIGINT"],
    ["as SIGTERM", "program", "SIGTERM"],
  ] as const) {
    it.live(`${name}: nothing is written or left over, and the exit code is 130`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({
          "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" } } }),
          "connectors/one/index.ts": wrote,
        })
        yield* synced(root)
        const before = bytesAndHistoryOf(root)
        const started = yield* startCli(root, ["sync"])
        yield* untilLogged(root, "one", "well under way")
        assert.isAbove(processesIn(root).length, 1)
        started.kill(target, signal)
        const { code, stdout } = yield* started.ended
        assert.strictEqual(code, 130)
        assert.match(stdout, /interrupted/)
        assert.deepEqual(bytesAndHistoryOf(root), before)
        assert.deepEqual(leftOverIn(root), nothingLeft)
        const [status] = yield* statusAt(root)
        assert.strictEqual(tagOf(status?.lastError), "Interrupted")
        assert.isNull(status?.running)
        const [run] = yield* runsAt(root)
        assert.deepInclude(run, { outcome: "failure", checkpoint_id: null, error: status?.lastError })
        const logs = yield* openislands(["logs", run!.runId], { cwd: root })
        assert.strictEqual(logs.stdout, "well under way\ntold to stop\n")
      }),
    )
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.live(`with --json, ${signal} is answered by the one document that any sync is`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({
          "manifest.json": projectOf(["rows.csv", "more.csv", "hung.csv"], {
            one: { datasets: { rows: "rows" } },
            two: { datasets: { rows: "more" } },
            hangs: { datasets: { rows: "hung" } },
          }),
          "connectors/one/index.ts": syncing(`    ctx.log("well under way")
    await new Promise((done) => setTimeout(done, 60_000))`),
          "connectors/two/index.ts": syncing(`    await ctx.insert("rows", [{ id: 1 }])`),
          "connectors/hangs/index.ts": syncing("", "", "await new Promise((done) => setTimeout(done, 60_000))\n"),
        })
        const started = yield* startCli(root, ["sync", "--json"])
        yield* untilLogged(root, "one", "well under way")
        const interrupted = Date.now()
        started.kill("program", signal)
        const { code, stdout, stderr } = yield* started.ended
        assert.deepEqual({ code, stderr }, { code: 130, stderr: "" })
        const { runs, connectors } = JSON.parse(stdout) as { runs: Array<Run>; connectors: Array<object> }
        assert.sameMembers(
          runs.map(({ connector }) => connector),
          ["one", "two", "hangs"],
        )
        assert.strictEqual(tagOf(runs.find(({ connector }) => connector === "one")?.error), "Interrupted")
        assert.isArray(connectors)
        assert.deepEqual(leftOverIn(root), nothingLeft)
        assert.isBelow(Date.now() - interrupted, 15_000)
      }),
    )
  }
})
