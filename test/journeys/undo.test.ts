import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesOf,
  historyAt,
  leftOverIn,
  nothingLeft,
  oneOutput,
  projectOf,
  rollbackAt,
  syncAt,
  synced,
  syncing,
} from "../fixtures/syncing.ts"

const example = path.join(import.meta.dirname, "..", "..", "examples", "quickstart")

/** Files of the example as a fresh clone has them; `exports` beyond `later` are dropped in as the project grows. */
const quickstart = (): Record<string, string> =>
  Object.fromEntries(
    ["manifest.json", "package.json", "tsconfig.json", "connectors/weather/index.ts", "exports/2015-01.csv"].map(
      (file) => [file, readFileSync(path.join(example, file), "utf8")],
    ),
  )

/** Inserts into a CSV and a JSON Lines file, replaces one of each, and keeps a cursor; four syncs, each different. */
const growing = {
  "manifest.json": projectOf(["log.csv", "events.jsonl", "table.csv", "facts.ndjson"], {
    one: { datasets: { log: "log", events: "events", table: "table", facts: "facts" } },
  }),
  "connectors/one/index.ts": syncing(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    const rows = Array.from({ length: n * 10 }, (_, at) => ({ n, at, text: "é, \\"" + at + "\\"", none: null }))
    await ctx.insert("log", rows)
    if (n !== 2) await ctx.insert("events", rows.map((row) => ({ ...row, nested: { n: [n] } })))
    await ctx.replace("table", rows)
    if (n !== 3) await ctx.replace("facts", rows.slice(n))`).replace(
    "outputs: { rows: {}, more: {} }",
    "outputs: { log: {}, events: {}, table: {}, facts: {} }",
  ),
}

describe.concurrent("undo and redo", () => {
  it.live(
    "the quickstart as it grows: each sync is undone byte for byte, cursor and contracts included, and redone",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(quickstart())
        const arrive = (directory: string, file: string) =>
          cpSync(path.join(example, directory, file), path.join(root, "exports", file))
        assert.deepEqual(bytesOf(root), {})
        const first = yield* synced(root)
        const one = bytesOf(root)
        assert.deepEqual(Object.keys(one).toSorted(), [
          ".openislands/contracts/observations.json",
          ".openislands/contracts/stations.json",
          ".openislands/state/weather.json",
          "data/observations.csv",
          "data/stations.jsonl",
        ])
        const history = yield* historyAt(root)
        const idle = yield* synced(root)
        assert.isNull(idle.run.checkpoint_id)
        assert.notProperty(idle.run.datasets, "observations")
        assert.deepEqual(bytesOf(root), one)
        assert.deepEqual(yield* historyAt(root), history)

        arrive("exports", "2015-02.csv")
        arrive("later", "2015-07.csv")
        const second = yield* synced(root)
        const two = bytesOf(root)
        assert.notDeepEqual(two, one)

        const undone = yield* rollbackAt(root)
        assert.deepEqual(undone.undone, [second.run.checkpoint_id!])
        assert.deepEqual(bytesOf(root), one)
        const fresh = yield* rollbackAt(root)
        assert.deepEqual(fresh.undone, [first.run.checkpoint_id!])
        assert.deepEqual(bytesOf(root), {})
        const nothing = yield* rollbackAt(root)
        assert.deepInclude(nothing, { code: 1 })
        assert.strictEqual(nothing.error?._tag, "NothingToUndo")
        assert.include(nothing.error!.suggestion!, `openislands rollback ${fresh.checkpoint_id}`)

        assert.strictEqual((yield* rollbackAt(root, fresh.checkpoint_id)).code, 0)
        assert.deepEqual(bytesOf(root), one)
        assert.strictEqual((yield* rollbackAt(root, undone.checkpoint_id)).code, 0)
        assert.deepEqual(bytesOf(root), two)

        // An undo takes the cursor back, so the rows come again.
        yield* rollbackAt(root)
        const again = yield* synced(root)
        assert.deepEqual(again.run.datasets, second.run.datasets)
        assert.deepEqual(bytesOf(root), two)
        assert.deepEqual(leftOverIn(root), nothingLeft)
      }),
  )

  it.live("four syncs of four datasets: back to any of them, in one step or in several, and forward again", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(growing)
      const states = [bytesOf(root)]
      const ids: Array<string> = []
      for (let sync = 1; sync <= 4; sync++) {
        ids.push((yield* synced(root)).run.checkpoint_id!)
        states.push(bytesOf(root))
      }
      // One checkpoint undone by its id takes what came after it with it.
      const far = yield* rollbackAt(root, ids[1]!)
      assert.deepEqual(far.undone, [ids[3]!, ids[2]!, ids[1]!])
      assert.deepEqual(bytesOf(root), states[1])
      const back = yield* rollbackAt(root, far.checkpoint_id)
      assert.deepEqual(back.redone, [ids[1]!, ids[2]!, ids[3]!])
      assert.deepEqual(bytesOf(root), states[4])
      for (let left = 3; left >= 0; left--) {
        assert.deepEqual((yield* rollbackAt(root)).undone, [ids[left]!])
        assert.deepEqual(bytesOf(root), states[left])
      }
      // sync^4, undo^4, sync^4 is sync^4.
      for (let sync = 1; sync <= 4; sync++) {
        yield* synced(root)
        assert.deepEqual(bytesOf(root), states[sync])
      }
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("an undo needs neither a manifest that reads nor the connector's code", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(growing)
      yield* synced(root)
      writeFileSync(path.join(root, "manifest.json"), "{ broken")
      rmSync(path.join(root, "connectors"), { recursive: true })
      const { code } = yield* rollbackAt(root)
      assert.strictEqual(code, 0)
      assert.deepEqual(bytesOf(root), {})
    }),
  )

  it.live("people read the same of it where it is made and in the history, and no row is told twice", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    await ctx.replace("rows", Array.from({ length: n * 2 }, (_, at) => ({ at })))`),
      )
      const say = (...args: ReadonlyArray<string>) =>
        openislands(args, { cwd: root }).pipe(Effect.map(({ stdout }) => stdout))
      const first = (yield* synced(root)).run.checkpoint_id!
      // Nothing was there before.
      assert.match(yield* say("rollback"), /^rows: 2 rows taken back$/m)
      assert.match(yield* say("history"), /rollback {2}rows: 2 rows taken back$/m)
      const { checkpoint_id } = (yield* historyAt(root))[0]!
      assert.match(yield* say("rollback", checkpoint_id), /^rows: 2 rows brought back$/m)
      const second = (yield* synced(root)).run.checkpoint_id!
      yield* synced(root)
      const back = `rows: back to before ${second}`
      assert.include((yield* say("rollback", second)).split("\n"), back)
      assert.include(yield* say("history"), `rollback  ${back}\n`)
      assert.include(yield* say("rollback", first), "\nrows: 2 rows taken back\n")
    }),
  )

  it.live("of a sync that moved only its cursor, the history, the undo and the redo say so", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput("    ctx.state.n = 1"))
      yield* synced(root)
      const said = (...args: ReadonlyArray<string>) =>
        Effect.map(openislands(args, { cwd: root }), ({ stdout }) => stdout)
      const only = "no rows, only the cursor moved"
      assert.match(yield* said("history"), new RegExp(`sync one  ${only}\n$`))
      const undone = yield* said("rollback")
      assert.match(undone, new RegExp(`^undone  \\S+\n${only}\nto take this back: `))
      const [, redo] = /rollback (\S+)\n$/.exec(undone)!
      assert.match(yield* said("rollback", redo!), new RegExp(`\n${only}\nto take this back: `))
    }),
  )

  it.live("an id that there is not, and one that has been undone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(growing)
      const { run } = yield* synced(root)
      const unknown = yield* rollbackAt(root, "00000009-zzzz")
      assert.deepEqual([unknown.code, unknown.error?._tag], [1, "UnknownCheckpoint"])
      const other = yield* rollbackAt(root, "00000009")
      assert.deepEqual([other.code, other.error?._tag], [1, "UnknownCheckpoint"])
      // Its number alone is enough.
      const { checkpoint_id, undone } = yield* rollbackAt(root, run.checkpoint_id!.slice(0, 8))
      assert.deepEqual(undone, [run.checkpoint_id!])
      const twice = yield* rollbackAt(root, run.checkpoint_id!)
      assert.deepEqual([twice.code, twice.error?._tag], [1, "CannotUndo"])
      assert.include(twice.error?.suggestion ?? "", checkpoint_id)
      assert.lengthOf(yield* historyAt(root), 2)
    }),
  )

  it.live("a schema that evolved is undone with the rows that brought it", () =>
    Effect.gen(function* () {
      const files = oneOutput(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    await ctx.insert("rows", [n === 1 ? { id: 1, name: "a, b" } : { id: 2.5, name: null, extra: true }])`)
      const root = yield* temporaryProject(files)
      yield* synced(root)
      const one = bytesOf(root)
      const rejected = yield* syncAt(root)
      assert.strictEqual(rejected.errorTag, "SchemaDrift")
      const manifest = files["manifest.json"]!.replace(`"data/rows.csv"`, `"data/rows.csv", "onDrift": "evolve"`)
      writeFileSync(path.join(root, "manifest.json"), manifest)
      const { run } = yield* synced(root)
      assert.strictEqual(
        readFileSync(path.join(root, "data/rows.csv"), "utf8"),
        'id,name,extra\n1,"a, b",\n2.5,,true\n',
      )
      assert.deepEqual(
        run.schemaChanges.map(({ column, change }) => [column, change]),
        [
          ["id", "widened"],
          ["extra", "added"],
        ],
      )
      const two = bytesOf(root)
      const { checkpoint_id } = yield* rollbackAt(root)
      assert.deepEqual(bytesOf(root), one)
      yield* rollbackAt(root, checkpoint_id)
      assert.deepEqual(bytesOf(root), two)
    }),
  )
})
