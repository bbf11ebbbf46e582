import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { tryLock } from "../../../src/layers/store/SqliteLocks.ts"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { rampage, type Rampage } from "../../fixtures/rampage.ts"
import { committed, type Held, serially } from "../../fixtures/serially.ts"
import { act, storeAt, sync } from "../../fixtures/store.ts"
import {
  archiveOf,
  connectors,
  large,
  roles,
  type Row,
  runIdOf,
  shared,
  sharedIn,
  writesOf,
} from "../../fixtures/storeWorker.ts"
import { randomOf, seedOf } from "../../torture/random.ts"

const torture = process.env["TORTURE"] !== undefined

const rollback = (id: string | null) => History.use((history) => history.rollback(id, { force: false }))

/** What is in the files, by other means than the store's where there are any. */
const held = Effect.fnUntraced(function* (root: string) {
  const rows: Record<string, ReadonlyArray<unknown>> = {}
  const types: Record<string, string | null> = {}
  for (const name of Object.keys(shared)) {
    const dataset = sharedIn(root, name)
    const { read, contract } = yield* DatasetStore
    const batches = yield* Stream.runCollect(read(dataset))
    rows[name] = batches.flat()
    types[name] = (yield* contract(dataset))?.columns.find((column) => column.name === "v")?.type ?? null
    const raw = rawRows(dataset.file, name)
    if (raw !== null) assert.deepStrictEqual(raw, rows[name], `${name} as others read it`)
  }
  const cursors: Record<string, number> = {}
  for (const name of [...connectors, large]) {
    const file = path.join(root, ".openislands/state", `${name}.json`)
    if (fs.existsSync(file)) cursors[name] = (JSON.parse(fs.readFileSync(file, "utf8")) as { n: number }).n
  }
  return { rows: rows as Held["rows"], types, cursors } satisfies Held
})

const rawRows = (file: string, name: string): ReadonlyArray<unknown> | null => {
  if (file.endsWith(".parquet")) return null
  if (!fs.existsSync(file)) return []
  if (!file.endsWith(".db")) return rawText(file, fs.readFileSync(file, "utf8"))
  using db = new DatabaseSync(file)
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) === undefined) return []
  return db
    .prepare(`SELECT id, by, v FROM ${name} ORDER BY rowid`)
    .all()
    .map(({ id, by, v }) => ({ id, by, v }))
}

const rawText = (file: string, text: string): ReadonlyArray<unknown> => {
  if (file.endsWith(".json")) return JSON.parse(text) as ReadonlyArray<unknown>
  const lines = text.split("\n").slice(0, -1)
  if (file.endsWith(".jsonl")) return lines.map((line) => JSON.parse(line) as unknown)
  return lines.slice(1).map((line): Row => {
    const [, id, by, v] = /^(\d+),"(.*)",([\d.]+)$/.exec(line)!
    return { id: Number(id), by: by!, v: Number(v) }
  })
}

/** Nothing of ours is under way, and no lock is held by anybody. */
const quiet = Effect.fnUntraced(function* (root: string) {
  const home = path.join(root, ".openislands")
  // What a run staged that died is swept by the next one of its connector, what an action did by the next one.
  for (const connector of [...connectors, large]) yield* sync({ connector, datasets: {}, writes: {} })
  yield* act([])
  for (const name of ["journal", "staging"]) assert.deepStrictEqual(fs.readdirSync(path.join(home, name)), [], name)
  const ours = new Set(Object.keys(shared).map((name) => path.basename(sharedIn(root, name).file)))
  // Beside a database there may be files of SQLite's, which whoever writes to it next takes over.
  const strange = fs.readdirSync(path.join(root, "data")).filter((name) => !ours.has(name.replace(/-\w+$/, "")))
  assert.deepStrictEqual(strange, [], "left over")
  for (const name of fs.readdirSync(path.join(home, "locks"), { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".lock")) yield* Effect.scoped(tryLock(path.join(home, "locks", name)))
  }
  using db = new DatabaseSync(path.join(root, "data/all.db"))
  assert.deepStrictEqual(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
})

/** Undoes all that is kept, one after another, and does it all again. */
const thereAndBack = Effect.fnUntraced(function* (root: string) {
  const before = yield* held(root)
  const rollbacks: Array<string> = []
  for (;;) {
    const done = yield* Effect.result(rollback(null))
    if (Result.isFailure(done)) {
      assert.strictEqual(done.failure._tag, "NothingToUndo", done.failure.message)
      break
    }
    rollbacks.push(done.success.checkpoint_id)
    assert.deepStrictEqual(yield* held(root), serially(committed(root)), `undone: ${rollbacks.length}`)
  }
  for (const id of rollbacks.toReversed()) yield* rollback(id)
  assert.deepStrictEqual(yield* held(root), before, "redone")
})

describe.each(["delete", "wal"] as const)("with a database in journal_mode=%s", (mode) => {
  it.live(
    "processes that sync, act, settle, prune and roll back the same datasets and are killed leave what one alone would have made",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ "manifest.json": "{}" })
        fs.mkdirSync(archiveOf(root))
        const file = path.join(root, "data/all.db")
        if (mode === "wal") {
          fs.mkdirSync(path.dirname(file))
          using db = new DatabaseSync(file)
          db.exec("PRAGMA journal_mode=WAL")
        }
        const seed = seedOf(process.env["SEED"])
        const random = randomOf(seed)
        const total = { kills: 0, left: 0, hot: 0 }
        const checkpoints = () => (fs.existsSync(path.join(root, ".openislands/history")) ? committed(root).length : 0)
        for (let round = 1; round <= (torture ? 10 : 1); round++) {
          const least = { kills: torture ? 100 : 10, left: torture ? 20 : 3, checkpoints: 10 * round }
          const enough = (done: Omit<Rampage, "failures">) =>
            done.kills >= (torture ? 400 : 60) ||
            (done.kills >= least.kills && done.left >= least.left && checkpoints() >= least.checkpoints)
          const done = yield* Effect.promise(() => rampage(root, roles, enough, random))
          for (const key of ["kills", "left", "hot"] as const) total[key] += done[key]
          assert.deepStrictEqual(done.failures, [], `seed ${seed}`)
          assert.isAtLeast(done.left, 1, "kills before or in a COMMIT")
          yield* Effect.gen(function* () {
            // No lock survives its holder: this would wait for ever.
            yield* History.use((history) => history.list).pipe(Effect.timeout("30 seconds"))
            assert.deepStrictEqual(yield* held(root), serially(committed(root)), `seed ${seed}`)
            yield* quiet(root)
            yield* thereAndBack(root)
            yield* quiet(root)
          }).pipe(Effect.provide(storeAt(root)))
        }
        process.stdout.write(`${mode}: ${JSON.stringify(total)}, ${checkpoints()} checkpoints, seed ${seed}\n`)
      }),
    { timeout: 900_000 },
  )
})

it.live(
  "a process that is killed while SQLite's journal is hot has done nothing, or all of it",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      fs.mkdirSync(archiveOf(root))
      const random = randomOf(seedOf(process.env["SEED"]))
      // In a database that is being made there is no page to be journalled.
      const writes = writesOf(large, 1)
      const datasets = Object.fromEntries(Object.keys(writes).map((name) => [name, sharedIn(root, name)]))
      const first = { connector: large, datasets, writes, state: { n: 1 }, runId: runIdOf(1, false) }
      yield* sync(first).pipe(Effect.provide(storeAt(root)))
      const most = torture ? 200 : 20
      const enough = ({ kills, hot }: Omit<Rampage, "failures">) => kills >= most || hot >= (torture ? 50 : 2)
      const done = yield* Effect.promise(() => rampage(root, [large], enough, random))
      assert.deepStrictEqual(done.failures, [])
      assert.isAtLeast(done.hot, 1, JSON.stringify(done))
      yield* Effect.gen(function* () {
        yield* History.use((history) => history.list)
        assert.deepStrictEqual(yield* held(root), serially(committed(root)))
        yield* quiet(root)
      }).pipe(Effect.provide(storeAt(root)))
      process.stdout.write(`large: ${JSON.stringify(done)}, ${committed(root).length} checkpoints\n`)
    }),
  { timeout: 600_000 },
)
