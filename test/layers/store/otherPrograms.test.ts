import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { MeddlingDisk } from "../../fixtures/meddlingDisk.ts"
import { otherProgram } from "../../fixtures/otherProgram.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

type Services = DatasetStore | History
interface Failure {
  readonly message: string
}

const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))
const ids = (file: string, sql: string): ReadonlyArray<unknown> => {
  using db = new DatabaseSync(file, { timeout: 30_000 })
  return db
    .prepare(sql)
    .all()
    .map(({ id }) => id)
}
const execute = (file: string, sql: string): void => {
  using db = new DatabaseSync(file, { timeout: 30_000 })
  db.exec(sql)
}

/** A project whose database has a table of the user's, and one that connector "c" inserts into, beside a CSV. */
const project = Effect.fnUntraced(function* (mode: "delete" | "wal") {
  const root = yield* temporaryProject({ "manifest.json": "{}", "data/all.db": "" })
  const [rows, log] = [datasetIn(root, "db", "rows"), datasetAt(root, "data/log.csv")]
  execute(rows.file, `PRAGMA journal_mode=${mode}; CREATE TABLE notes (id INTEGER, by TEXT)`)
  const insert = (first: number, count = 1) => {
    const insert = Array.from({ length: count }, (_, at) => ({ id: first + at, by: "sync" }))
    return sync({ datasets: { rows, log }, writes: { rows: { insert }, log: { insert } }, state: { first } })
  }
  const history = () => fs.readdirSync(path.join(root, ".openislands/history"))
  /** What a failure must not change: files on disk, and what of the history is committed. */
  const ours = () => {
    const files = ["data/log.csv", ".openislands/state/c.json", ".openislands/contracts/rows.json"]
    return {
      files: files.map(
        (file) => fs.existsSync(path.join(root, file)) && fs.readFileSync(path.join(root, file), "utf8"),
      ),
      history: history(),
      rows: ids(rows.file, "SELECT id FROM rows WHERE by = 'sync'"),
    }
  }
  const leftOver = () => ["journal", "staging"].flatMap((name) => fs.readdirSync(path.join(root, ".openislands", name)))
  return { root, file: rows.file, insert, history, ours, leftOver }
})

describe.each(["delete", "wal"] as const)("a database with journal_mode=%s that other programs use", (mode) => {
  it.live("while we sync and roll back, nobody's rows are lost, and none come twice", () =>
    Effect.gen(function* () {
      const { root, file, insert, ours, leftOver } = yield* project(mode)
      yield* Effect.gen(function* () {
        yield* insert(0, 3)
        const others = [otherProgram(file, "insert", "notes"), otherProgram(file, "insert", "rows")] as const
        yield* Effect.promise(() => Promise.all(others.map(({ ready }) => ready)))
        /** What is in force of ours, the newest last, and what was undone last. */
        const inForce: Array<ReadonlyArray<number>> = [[0, 1, 2]]
        let undone: { readonly by: string; readonly rows: ReadonlyArray<number> } | null = null
        const expected = () => inForce.flat()
        for (let n = 1; n <= 24; n++) {
          const before = ours()
          const turn = n % 4
          const first = n * 1000
          const again = turn === 3 ? undone!.by : null
          const act: Effect.Effect<{ readonly checkpoint_id: string | null }, Failure, Services> =
            turn < 2 ? insert(first, 5) : rollback(again, true)
          const done = yield* Effect.result(act)
          if (Result.isFailure(done)) {
            // Rows by hand may have taken the place of those that are to come back.
            assert.match(done.failure.message, /locked by another program|a row cannot come back/)
            assert.deepStrictEqual(ours(), before)
          } else if (turn < 2) inForce.push(Array.from({ length: 5 }, (_, at) => first + at))
          else if (turn === 2) undone = { by: done.success.checkpoint_id!, rows: inForce.pop()! }
          else inForce.push(undone!.rows)
          assert.deepStrictEqual(ours().rows, expected())
        }
        yield* Effect.promise(() => Promise.all(others.map(({ stop }) => stop())))
        const byHand = () => [ids(file, "SELECT id FROM notes"), ids(file, "SELECT id FROM rows WHERE by = 'hand'")]
        assert.deepStrictEqual(
          byHand(),
          others.map(({ told }) => told),
        )
        for (; inForce.length > 0; inForce.pop()) {
          assert.deepStrictEqual(ours().rows, expected())
          yield* rollback(null, true)
        }
        assert.deepStrictEqual(ours().rows, [])
        assert.deepStrictEqual(
          byHand(),
          others.map(({ told }) => told),
        )
        assert.deepStrictEqual(ids(file, "SELECT integrity_check AS id FROM pragma_integrity_check"), ["ok"])
        assert.deepStrictEqual(leftOver(), [])
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live("a reader sees one state for as long as it likes, and a sync goes on with or after it", () =>
    Effect.gen(function* () {
      const { root, file, insert, history, ours, leftOver } = yield* project(mode)
      yield* Effect.gen(function* () {
        yield* insert(0)
        const reader = otherProgram(file, "read", "rows")
        yield* Effect.promise(() => reader.ready)
        const before = history()
        const syncing = yield* Effect.forkChild(insert(1))
        if (mode === "wal") yield* Fiber.join(syncing)
        else {
          yield* Effect.sleep("2 seconds")
          assert.deepStrictEqual(history(), before, "the reader is still there")
        }
        yield* Effect.promise(() => reader.stop())
        yield* Fiber.join(syncing)
        assert.deepStrictEqual(ours().rows, [0, 1])
        assert.deepStrictEqual(leftOver(), [])
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

it.live("of a database that another program never lets go of: a named error, and nothing has changed", () =>
  Effect.forEach(
    [
      ["sync", "write"],
      ["sync", "read"],
      ["rollback", "write"],
      ["rollback", "read"],
    ] as const,
    ([work, way]) =>
      Effect.gen(function* () {
        const { root, file, insert, ours, leftOver } = yield* project("delete")
        yield* Effect.gen(function* () {
          yield* insert(0)
          yield* insert(1)
          const before = ours()
          const other = otherProgram(file, way, "rows")
          yield* Effect.promise(() => other.ready)
          const act: Effect.Effect<unknown, Failure, Services> = work === "sync" ? insert(2) : rollback()
          const error = yield* Effect.flip(act)
          assert.match(error.message, /all\.db.*it is locked by another program/, `${work}, ${way}`)
          yield* Effect.promise(() => other.stop())
          assert.deepStrictEqual(ours(), before)
          assert.deepStrictEqual(leftOver(), [])
          const byHand = ids(file, "SELECT id FROM rows WHERE by = 'hand'")
          assert.deepStrictEqual(byHand, way === "write" ? [1_000_000] : [])
          yield* insert(2)
          assert.deepStrictEqual(ours().rows, [0, 1, 2])
        }).pipe(Effect.provide(storeAt(root)))
      }),
    { concurrency: "unbounded" },
  ),
)

it.live("a database that we made and that somebody else has come upon stays when our last rows go", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const disk = new MeddlingDisk()
    yield* Effect.gen(function* () {
      const rows = datasetIn(root, "db", "rows")
      const insert = sync({ datasets: { rows }, writes: { rows: { insert: [{ id: 1 }] } } })
      yield* insert
      yield* rollback()
      assert.isFalse(fs.existsSync(rows.file), "it goes as it came")
      yield* insert
      disk.arm("onceCommitted", () =>
        execute(rows.file, "CREATE TABLE notes (id INTEGER); INSERT INTO notes VALUES (7)"),
      )
      yield* rollback()
      assert.isTrue(disk.hasHappened)
      assert.deepStrictEqual(ids(rows.file, "SELECT id FROM notes"), [7])
    }).pipe(Effect.provide(storeAt(root, disk.layer)))
  }),
)
