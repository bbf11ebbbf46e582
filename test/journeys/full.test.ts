import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { inBothForms } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  historyAt,
  leftOverIn,
  nothingLeft,
  oneOutput,
  rollbackAt,
  syncAt,
  synced,
  syncing,
} from "../fixtures/syncing.ts"
import { contentOf, sqlite, sqliteRun } from "../fixtures/tools.ts"

const sources = {
  log: { source: "data/log.csv" },
  events: { source: "data/events.json" },
  visits: { source: "data/app.db", table: "visits" },
  facts: { source: "data/facts.parquet" },
  plans: { source: "data/plans.jsonl" },
}

/** Brings what the provider has beyond its cursor into four outputs, and replaces a fifth with all there is. */
const mirror = syncing(
  `    const provider = JSON.parse(readFileSync("provider.json", "utf8"))
    const last = (ctx.state.last as number | undefined) ?? 0
    const rows = provider.filter((row: { id: number }) => row.id > last)
    for (const output of ["log", "events", "visits", "facts"] as const) await ctx.insert(output, rows)
    await ctx.replace("plans", provider)
    ctx.state = { last: provider.at(-1)?.id ?? last, syncs: ((ctx.state.syncs as number | undefined) ?? 0) + 1 }`,
  "",
  `import { readFileSync } from "node:fs"\n`,
).replace("outputs: { rows: {}, more: {} }", "outputs: { log: {}, events: {}, visits: {}, facts: {}, plans: {} }")

const names = Object.keys(sources)
const manifest = (datasets: Readonly<Record<string, object>> = sources): string => {
  const outputs = Object.fromEntries(names.map((name) => [name, name]))
  const one = { module: "connectors/mirror", datasets: outputs, permissions: { read: ["provider.json"] } }
  const other = { ...one, datasets: { log: "log" } }
  return JSON.stringify({ datasets, connectors: { one, other } })
}

const provides = (root: string, ids: ReadonlyArray<number>): void =>
  writeFileSync(path.join(root, "provider.json"), JSON.stringify(ids.map((id) => ({ id, text: `row ${id}` }))))

const mirroring = (datasets?: Readonly<Record<string, object>>) =>
  temporaryProject({
    "manifest.json": manifest(datasets),
    "connectors/mirror/index.ts": mirror,
    "provider.json": "[]",
  })

const stateOf = (root: string): unknown =>
  JSON.parse(readFileSync(path.join(root, ".openislands/state/one.json"), "utf8"))
const logOf = (root: string) => readFileSync(path.join(root, "data/log.csv"), "utf8").split("\n").slice(1, -1)
const visitsIn = (root: string) => sqlite(path.join(root, "data/app.db"), "SELECT * FROM visits")

describe.concurrent("sync --full", () => {
  it.live("leaves the provider's rows, each once, and a cursor from the start; one undo takes all of it back", () =>
    Effect.gen(function* () {
      const root = yield* mirroring()
      provides(root, [1, 2])
      yield* syncAt(root, "one")
      provides(root, [1, 2, 3])
      yield* syncAt(root, "one")
      assert.deepEqual(logOf(root), ["1,row 1", "2,row 2", "3,row 3"])
      // Gone, changed and come since: no cursor would tell.
      provides(root, [2, 3, 4])
      const before = contentOf(root)

      const { code, run } = yield* syncAt(root, "one", "--full")
      assert.strictEqual(code, 0)
      const replaced = names.map((name) => [name, { output: name, mode: "replace", rows: 3 }])
      assert.deepEqual(run.datasets as object, Object.fromEntries(replaced))
      const after = contentOf(root)

      // What a project that has never been synced would have.
      const fresh = yield* mirroring()
      provides(fresh, [2, 3, 4])
      yield* syncAt(fresh, "one")
      const expected = contentOf(fresh)
      for (const file of ["data/log.csv", "data/events.json", "data/facts.parquet", "data/plans.jsonl"])
        assert.strictEqual(after[file], expected[file], file)
      assert.deepEqual(visitsIn(root), visitsIn(fresh))
      assert.deepEqual(stateOf(root), stateOf(fresh))

      const again = yield* syncAt(root, "one")
      assert.deepEqual(logOf(root), ["2,row 2", "3,row 3", "4,row 4"])
      yield* rollbackAt(root, again.run.checkpoint_id!)
      const undo = yield* rollbackAt(root)
      assert.deepEqual(undo.undone, [run.checkpoint_id!])
      assert.deepEqual(contentOf(root), before)
      yield* rollbackAt(root, undo.checkpoint_id)
      assert.deepEqual(contentOf(root), after)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("keeps its hands off rows of another connector, unless it is forced to", () =>
    Effect.gen(function* () {
      const root = yield* mirroring()
      provides(root, [1])
      yield* syncAt(root, "one")
      provides(root, [1, 2])
      yield* syncAt(root, "other")
      const before = contentOf(root)
      const { code, run } = yield* syncAt(root, "one", "--full")
      assert.strictEqual(code, 1)
      assert.deepInclude(run.error as object, {
        _tag: "SharedDataset",
        dataset: "log",
        output: "log",
        connector: "one",
        writers: ["other"],
        byHand: false,
      })
      const { human } = yield* inBothForms(["sync", "one", "--full"], { cwd: root })
      assert.include(human, 'dataset "log" also holds rows of connector "other", which a full sync of "one" would drop')
      assert.include(human, "--force")
      assert.deepEqual(contentOf(root), before)

      const forced = yield* syncAt(root, "one", "--full", "--force")
      assert.strictEqual(forced.code, 0)
      assert.deepEqual(logOf(root), ["1,row 1", "2,row 2"])
      yield* rollbackAt(root)
      assert.deepEqual(contentOf(root), before)
    }),
  )

  it.live("keeps its hands off what was written by hand, in each format, unless it is forced to", () =>
    Effect.gen(function* () {
      const root = yield* mirroring()
      provides(root, [1, 2])
      yield* syncAt(root, "one")
      const at = (file: string) => path.join(root, "data", file)
      const database = (sql: string) => sqliteRun(at("app.db"), sql)
      const [csv, json] = [readFileSync(at("log.csv"), "utf8"), readFileSync(at("events.json"), "utf8")]
      /** Each with what takes it back. */
      const edits = [
        ["log", () => appendFileSync(at("log.csv"), "9,mine\n"), () => writeFileSync(at("log.csv"), csv)],
        [
          "events",
          () => writeFileSync(at("events.json"), json.replace(/\n\]/, ',\n{"id":9,"text":"mine"}\n]')),
          () => writeFileSync(at("events.json"), json),
        ],
        [
          "visits",
          () => database("INSERT INTO visits VALUES (9, 'mine')"),
          () => database("DELETE FROM visits WHERE id = 9"),
        ],
        [
          "visits",
          () => database("UPDATE visits SET text = 'mine' WHERE id = 1"),
          () => database("UPDATE visits SET text = 'row 1' WHERE id = 1"),
        ],
      ] as const
      for (const [dataset, edit, takeBack] of edits) {
        edit()
        const before = contentOf(root)
        const { run } = yield* syncAt(root, "one", "--full")
        const error = run.error as unknown as ErrorDocument
        assert.deepInclude(error, { _tag: "DatasetChanged", dataset })
        assert.include(error.message, "written by hand")
        assert.include(error.suggestion!, "--force")
        assert.deepEqual(contentOf(root), before)
        takeBack()
      }
      for (const [, edit] of edits) edit()
      const before = contentOf(root)
      assert.strictEqual((yield* syncAt(root, "one", "--full", "--force")).code, 0)
      assert.notInclude(Object.values(contentOf(root)).join(), "mine")
      assert.strictEqual((yield* rollbackAt(root)).code, 0)
      assert.deepEqual(contentOf(root), before)
    }),
  )

  it.live("takes rows that were there before the first sync for somebody else's", () =>
    Effect.gen(function* () {
      const root = yield* mirroring()
      mkdirSync(path.join(root, "data"))
      writeFileSync(path.join(root, "data/log.csv"), "id,text\n0,mine\n")
      provides(root, [1])
      yield* syncAt(root, "one")
      const { run } = yield* syncAt(root, "one", "--full")
      assert.deepInclude(run.error as object, { _tag: "SharedDataset", dataset: "log", writers: [], byHand: true })
      const { message, suggestion } = run.error as unknown as ErrorDocument
      assert.include(message, 'dataset "log" also holds rows that were added or changed by an action or by hand')
      assert.include(suggestion!, "--force")
      // It has one.
      assert.notInclude(suggestion!, "dataset of its own")
      assert.deepEqual(logOf(root), ["0,mine", "1,row 1"])
    }),
  )

  it.live("of a provider that has nothing any more does what onEmpty says", () =>
    Effect.gen(function* () {
      const root = yield* mirroring()
      const policy = (onEmpty: string) => {
        const datasets = Object.entries(sources).map(([name, one]) => [name, { ...one, onEmpty }])
        writeFileSync(path.join(root, "manifest.json"), manifest(Object.fromEntries(datasets)))
      }
      provides(root, [1, 2])
      yield* syncAt(root, "one")
      const before = contentOf(root)
      provides(root, [])
      policy("fail")
      const failed = yield* syncAt(root, "one", "--full")
      assert.strictEqual(failed.errorTag, "EmptyReplace")
      assert.deepEqual(contentOf(root), before)
      policy("keep")
      yield* syncAt(root, "one", "--full")
      assert.deepEqual(logOf(root), ["1,row 1", "2,row 2"])
      assert.deepEqual(stateOf(root), { last: 0, syncs: 1 })
      policy("clear")
      const { run } = yield* syncAt(root, "one", "--full")
      assert.deepEqual(run.datasets["log"], { output: "log", mode: "replace", rows: 0 })
      assert.deepEqual(logOf(root), [])
      assert.deepEqual(visitsIn(root), [])
      assert.strictEqual(readFileSync(path.join(root, "data/plans.jsonl"), "utf8"), "")
    }),
  )

  it.live("leaves an output alone that the connector doesn't write to; without a sync before, it is a plain one", () =>
    Effect.gen(function* () {
      const body = `    const quiet = readFileSync("quiet.txt", "utf8") === "yes"
    ctx.state.n = ((ctx.state.n as number | undefined) ?? 0) + 1
    if (!quiet) await ctx.insert("rows", [{ id: 1 }])`
      const root = yield* temporaryProject({
        ...oneOutput(body, "rows.csv", { permissions: { read: ["quiet.txt"] } }),
        "connectors/one/index.ts": syncing(body, "", `import { readFileSync } from "node:fs"\n`),
        "quiet.txt": "no",
      })
      const first = yield* syncAt(root, "--full")
      assert.deepEqual(first.run.datasets, { rows: { output: "rows", mode: "insert", rows: 1 } })
      yield* synced(root)
      writeFileSync(path.join(root, "quiet.txt"), "yes")
      const quiet = yield* syncAt(root, "--full")
      assert.deepEqual(quiet.run.datasets, {})
      assert.deepEqual(stateOf(root), { n: 1 })
      assert.strictEqual(readFileSync(path.join(root, "data/rows.csv"), "utf8"), "id\n1\n1\n")
      yield* rollbackAt(root)
      assert.deepEqual(stateOf(root), { n: 2 })
      assert.lengthOf(yield* historyAt(root), 4)
    }),
  )
})
