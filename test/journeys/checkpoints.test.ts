import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { RunUnfinished } from "../../src/services/domain/RunUnfinished.ts"
import { errorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesOf,
  historyAt,
  leftOverIn,
  nothingLeft,
  projectOf,
  rollbackAt,
  runsAt,
  startCli,
  statusAt,
  syncAt,
  syncing,
  untilLogged,
} from "../fixtures/syncing.ts"

/** Pulls pages of two rows, each committed by itself with the cursor; `config.failAt` names the page that it fails at. */
const paging = syncing(
  `    for (let page = Number(ctx.state.page ?? 0) + 1; page <= 5; page++) {
      if (page === ctx.config.failAt) throw new Error("no page " + page)
      await ctx.insert("rows", [{ page, row: 1 }, { page, row: 2 }])
      ctx.state.page = page
      ctx.log("checkpoint " + (await ctx.checkpoint()).checkpoint_id)
      if (page === ctx.config.hangAt) await new Promise(() => setInterval(() => {}, 1000))
    }`,
  "\n  config: z.object({ failAt: z.number().optional(), hangAt: z.number().optional() }),",
  'import { z } from "zod"\n',
)

const manifest = (config: object): string => projectOf(["rows.csv"], { one: { datasets: { rows: "rows" }, config } })

const pagesOf = (root: string): ReadonlyArray<number> =>
  readFileSync(path.join(root, "data/rows.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(",")[0]))

const configure = (root: string, config: object) => writeFileSync(path.join(root, "manifest.json"), manifest(config))

describe.concurrent("a connector that commits on its way", () => {
  it.live("keeps what it committed when it fails later, goes on from there, and each run is undone as one", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ failAt: 3 }),
        "connectors/one/index.ts": paging,
      })
      const first = yield* syncAt(root)
      assert.strictEqual(first.code, 1)
      const newest = (yield* historyAt(root))[0]!.checkpoint_id
      assert.deepInclude(first.run, {
        outcome: "partial",
        datasets: { rows: { output: "rows", mode: "insert", rows: 4 } },
        checkpoint_id: newest,
      })
      assert.deepInclude(first.run.error, { _tag: "ConnectorFailed", detail: "no page 3" })
      const { suggestion } = first.run.error as { readonly suggestion: string }
      assert.include(suggestion, `What was committed before stays (checkpoint ${newest}).`)
      assert.notInclude(suggestion, "Nothing was written")
      assert.deepEqual(yield* runsAt(root), [first.run])
      const [status] = yield* statusAt(root)
      assert.deepInclude(status, { lastSync: first.run.startedAt, lastSuccess: null, lastError: first.run.error })
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2])
      assert.deepEqual(leftOverIn(root), nothingLeft)
      const afterFirst = bytesOf(root)

      configure(root, {})
      const second = yield* syncAt(root)
      assert.strictEqual(second.code, 0)
      assert.deepInclude(second.run, { outcome: "success", error: null })
      assert.strictEqual(second.run.datasets["rows"]?.rows, 6)
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
      assert.deepEqual(yield* runsAt(root), [second.run, first.run])

      const all = yield* historyAt(root)
      const undone = yield* rollbackAt(root)
      assert.deepEqual(
        undone.undone,
        all.filter(({ cause }) => cause.runId === second.run.runId).map(({ checkpoint_id }) => checkpoint_id),
      )
      assert.lengthOf(undone.undone, 3)
      assert.deepEqual(bytesOf(root), afterFirst)
      assert.lengthOf((yield* rollbackAt(root)).undone, 2)
      assert.deepEqual(bytesOf(root), {})
      yield* syncAt(root)
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    }),
  )

  it.live("starts over with --full: each page is there once, and the whole of it is undone as one", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": manifest({}), "connectors/one/index.ts": paging })
      yield* syncAt(root)
      const before = bytesOf(root)
      const full = yield* syncAt(root, "--full")
      assert.deepInclude(full.run, { outcome: "success" })
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
      yield* rollbackAt(root)
      assert.deepEqual(bytesOf(root), before)
    }),
  )

  it.live("tells people so", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ failAt: 2 }),
        "connectors/one/index.ts": paging,
      })
      const { code, stdout } = yield* openislands(["sync"], { cwd: root })
      assert.strictEqual(code, 1)
      assert.match(stdout, /^one {2}failed after a part of it: rows \+2 rows \(insert\); checkpoint \S+$/m)
      assert.match(stdout, /no page 2/)
      assert.match(stdout, /What was committed before stays \(checkpoint \S+\)\./)
      const runs = yield* openislands(["runs"], { cwd: root })
      assert.match(runs.stdout, /^\S+ {2}partial {2}.*no page 2/m)
    }),
  )

  it.live("whose host is killed has a record that says so, and the next sync goes on", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ hangAt: 2 }),
        "connectors/one/index.ts": paging,
      })
      const host = yield* startCli(root, ["sync"])
      const newest = Effect.map(historyAt(root), (history) => history[0]?.checkpoint_id ?? null)
      yield* untilLogged(root, "one", "checkpoint")
      while ((yield* historyAt(root)).length < 2) yield* Effect.sleep("20 millis")
      const [running] = yield* statusAt(root)
      assert.deepInclude(running, { lastError: null, lastSuccess: null })
      assert.isNotNull(running?.running)
      host.kill("program", "SIGKILL")
      yield* host.ended
      const [record, ...others] = yield* runsAt(root)
      assert.deepEqual(others, [])
      const checkpoint_id = yield* newest
      assert.deepInclude(record, { outcome: "partial", checkpoint_id })
      assert.strictEqual(record?.datasets["rows"]?.rows, 4)
      const [status] = yield* statusAt(root)
      assert.deepInclude(status, { running: null, lastError: record!.error })
      assert.deepEqual<unknown>(record?.error, errorDocument(new RunUnfinished({ connector: "one", checkpoint_id })))
      configure(root, {})
      assert.deepInclude((yield* syncAt(root)).run, { outcome: "success" })
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    }),
  )

  it.live("that is cancelled or times out keeps what it committed as well", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ hangAt: 1 }),
        "connectors/one/index.ts": paging,
      })
      const host = yield* startCli(root, ["sync", "--json"])
      yield* untilLogged(root, "one", "checkpoint")
      host.kill("program", "SIGINT")
      const { code, stdout } = yield* host.ended
      assert.strictEqual(code, 130)
      assert.deepInclude(JSON.parse(stdout).runs[0], { outcome: "partial" })
      const config = JSON.parse(manifest({ hangAt: 2 }))
      config.connectors.one.timeout = "3s"
      writeFileSync(path.join(root, "manifest.json"), JSON.stringify(config))
      const { run, errorTag } = yield* syncAt(root)
      assert.strictEqual(errorTag, "ConnectorTimeout")
      assert.deepInclude(run, { outcome: "partial" })
      assert.deepEqual(pagesOf(root), [1, 1, 2, 2])
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )
})

const keyed = (body: string) =>
  syncing(body, "", 'import { z } from "zod"\n').replace(
    "rows: {}",
    `rows: { key: "id", schema: z.object({ id: z.string(), at: z.coerce.date(), n: z.number().default(0) }) }`,
  )

describe.concurrent("outputs with a key and a schema", () => {
  for (const file of ["rows.csv", "rows.jsonl", "rows.json", "rows.parquet"]) {
    it.live(`are upserted: what is fetched twice is there once (${file})`, () =>
      Effect.gen(function* () {
        const body = `    const n = Number(ctx.state.n ?? 0) + 1
    await ctx.upsert("rows", [{ id: "a", at: "2026-01-01", n }, { id: "b" + n, at: "2026-01-02" }])
    await ctx.checkpoint()
    await ctx.upsert("rows", [{ id: "b" + n, at: "2026-01-03T00:00:00Z", n }])
    ctx.state.n = n`
        const root = yield* temporaryProject({
          "manifest.json": projectOf([file], { one: { datasets: { rows: "rows" } } }),
          "connectors/one/index.ts": keyed(body),
        })
        const first = yield* syncAt(root)
        assert.strictEqual(first.code, 0, JSON.stringify(first.run.error))
        assert.deepInclude(first.run.datasets["rows"], { mode: "upsert", rows: 3 })
        // Both commits together: what the first brought is there for the second.
        assert.deepEqual(first.run.upserted, { rows: { new: 2, changed: 1, unchanged: 0 } })
        const before = bytesOf(root)
        const second = yield* syncAt(root)
        assert.strictEqual(second.code, 0)
        assert.deepEqual(second.run.upserted, { rows: { new: 1, changed: 2, unchanged: 0 } })
        if (file === "rows.csv") {
          assert.deepEqual(
            readFileSync(path.join(root, "data", file), "utf8")
              .trimEnd()
              .split("\n")
              .toSorted(),
            [
              "a,2026-01-01T00:00:00.000Z,2",
              "b1,2026-01-03T00:00:00.000Z,1",
              "b2,2026-01-03T00:00:00.000Z,2",
              "id,at,n",
            ],
          )
        }
        assert.lengthOf((yield* rollbackAt(root)).undone, 2)
        assert.deepEqual(bytesOf(root), before)
      }),
    )
  }

  it.live("refuse a row that doesn't fit, and nothing is written", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" } } }),
        "connectors/one/index.ts": keyed(
          `    await ctx.insert("rows", [{ id: "a", at: "2026-01-01" }])
    await ctx.insert("rows", [{ id: "b", at: "2026-01-02" }, { id: 7, at: "x" }])`,
        ),
      })
      const { run } = yield* syncAt(root)
      const expected = { _tag: "RowError", row: 2, key: "id 7", column: "id", expected: "string", got: "7" }
      assert.deepInclude(run.error, expected)
      const { message } = run.error as { readonly message: string }
      assert.match(
        message,
        /^row 3 \(id 7\) of output "rows" \(dataset "rows"\), column "id": expected string, got 7 \(/,
      )
      assert.deepEqual(bytesOf(root), {})
    }),
  )
})
