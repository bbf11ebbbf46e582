import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { wasChecked } from "../../../src/layers/store/checked.ts"
import { databaseStamp } from "../../../src/layers/store/databaseStamp.ts"
import { Disk, layer as nodeDisk } from "../../../src/layers/store/Disk.ts"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { History } from "../../../src/services/History.ts"
import { Snapshots } from "../../../src/services/Snapshots.ts"
import { rowsOf } from "../../conformance/datasetStore/scenario.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync, type Write } from "../../fixtures/store.ts"

const write = (a: SourceDataset, one: Write, more: { readonly connector?: string; readonly state?: unknown } = {}) =>
  sync({ datasets: { a }, writes: { a: one }, ...more })
const rollback = History.use((one) => one.rollback(null, { force: false }))

type Services = Effect.Services<ReturnType<typeof write>> | History | Snapshots
const inProject = (use: (root: string) => Effect.Effect<void, unknown, Services>) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    yield* use(root).pipe(Effect.provide(storeAt(root)))
  })

const execute = (file: string, sql: string) => {
  using db = new DatabaseSync(file)
  db.exec(sql)
}

describe("a database that isn't there", () => {
  it.live("isn't made when there is nothing to insert", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        yield* write(a, { insert: [] }, { state: { n: 1 } })
        assert.isFalse(fs.existsSync(a.file))
      }),
    ),
  )

  it.live("isn't made by an undo that cannot be", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        yield* write(a, { insert: [{ id: 1 }] })
        fs.rmSync(a.file)
        assert.strictEqual((yield* Effect.flip(rollback))._tag, "CannotUndo")
        assert.isFalse(fs.existsSync(a.file))
      }),
    ),
  )
})

/** So that a sync needn't read a table again, however large, that only the store has written since. */
describe.each(["delete", "wal"])("with journal mode %s, a table that fits its contract is known to", (mode) => {
  it.live("after syncs, undos and syncs of other tables, and not after anybody else's writing", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const [a, b] = [datasetIn(root, "db", "a"), datasetIn(root, "db", "b")]
        const isKnown = Effect.gen(function* () {
          const stamp = yield* databaseStamp(a.file)
          const contract = fs.readFileSync(join(root, ".openislands/contracts/a.json"), "utf8")
          return yield* wasChecked(join(root, ".openislands"), "a", stamp!, contract)
        }).pipe(Effect.provide(nodeDisk))
        yield* write(a, { insert: [{ id: 1 }] }, { state: { n: 1 } })
        execute(a.file, `PRAGMA journal_mode=${mode}`)
        yield* rowsOf(a)
        const steps = [
          write(a, { insert: [{ id: 2 }] }, { state: { n: 2 } }),
          rollback,
          write(b, { insert: [{ id: 1 }] }, { connector: "other" }),
          write(a, { replace: [{ id: 3 }] }, { state: { n: 3 } }),
          rollback,
        ]
        for (const [at, one] of steps.entries()) {
          yield* one
          assert.isTrue(yield* isKnown, `step ${at}`)
        }
        using other = new DatabaseSync(a.file)
        assert.isTrue(yield* isKnown)
        other.exec("INSERT INTO a VALUES ('no integer')")
        assert.isFalse(yield* isKnown)
        yield* write(b, { insert: [{ id: 2 }] }, { connector: "other" })
        assert.strictEqual((yield* Effect.flip(write(a, { insert: [{ id: 9 }] })))._tag, "DatasetChanged")
      }),
    ),
  )
})

describe("a table's columns", () => {
  const values = ["text", 1, 1.5, true, "2026-01-01", "2026-01-01T00:00:00Z", { deep: 1 }]
  const wide = (columns: number, more: object = {}) => ({
    ...Object.fromEntries(Array.from({ length: columns }, (_, at) => [`c${at}`, values[at % values.length]])),
    ...more,
  })

  it.live("may be 900", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        // What isn't text in Unicode looks like this, and is read with more care.
        yield* write(a, { insert: [wide(900), wide(900, { c0: "\uFFFD" })] }, { state: { n: 1 } })
        const there = yield* rowsOf(a)
        yield* write(a, { replace: [wide(900)] }, { state: { n: 2 } })
        execute(a.file, "CREATE TABLE other (a)")
        yield* rollback
        assert.deepStrictEqual(yield* rowsOf(a), there)
        fs.rmSync(join(root, ".openislands/contracts/a.json"))
        assert.lengthOf((yield* DatasetStore.use((store) => store.contract(a)))!.columns, 900)
      }),
    ),
  )

  it.live("more are refused, in rows and in a table that the user brought", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        const refused = yield* Effect.flip(write(a, { insert: [wide(901)] }))
        assert.strictEqual(refused._tag, "RowRefused")
        assert.match(refused.message, /901 columns; a table takes 900 at most/)
        fs.mkdirSync(join(root, "data"), { recursive: true })
        const columns = Object.keys(wide(1200)).join()
        execute(a.file, `CREATE TABLE a (${columns}); INSERT INTO a DEFAULT VALUES`)
        const malformed = yield* Effect.flip(write(a, { insert: [{ c0: 1 }] }))
        assert.strictEqual(malformed._tag, "DatasetMalformed")
        assert.match(malformed.message, /1200 columns/)
      }),
    ),
  )
})

describe("what another program left in a log", () => {
  it.live("is no reason to blame it for what a table isn't", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        fs.mkdirSync(join(root, "data"))
        using db = new DatabaseSync(a.file)
        db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER); CREATE VIEW a AS SELECT * FROM t")
        const error = yield* Effect.flip(write(a, { insert: [{ id: 1 }] }))
        assert.strictEqual(error._tag, "DatasetMalformed")
        assert.include(error.message, '"a" is a view')
      }),
    ),
  )

  it.live("counts, though it died: rows are added to those in the log, and an undo leaves them", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const a = datasetIn(root, "db", "a")
        fs.mkdirSync(join(root, "data"))
        const other = join(root, "other.db")
        {
          using db = new DatabaseSync(other)
          db.exec("PRAGMA journal_mode=WAL; CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (2)")
          for (const end of ["", "-wal"]) fs.copyFileSync(`${other}${end}`, `${a.file}${end}`)
        }
        yield* write(a, { insert: [{ id: 3 }] })
        assert.deepEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }, { id: 3 }])
        yield* rollback
        assert.deepEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }])
      }),
    ),
  )
})

it.live("a table as it was is put together at once, however many rows came and went since", () =>
  inProject((root) =>
    Effect.gen(function* () {
      const a = datasetIn(root, "db", "a")
      const rows = Array.from({ length: 100 }, (_, id) => ({ id }))
      const { checkpoint_id } = yield* write(a, { replace: rows })
      yield* write(a, { replace: rows.slice(1) })
      const read = Snapshots.use((all) =>
        all.at(checkpoint_id!, [a], join(root, "scratch"), ([found]) =>
          Effect.sync(() => {
            using db = new DatabaseSync(found!.dataset.file)
            assert.deepEqual({ ...db.prepare("SELECT count(*) AS rows FROM a").get() }, { rows: 100 })
            return transactionsOf(found!.dataset.file)
          }),
        ),
      )
      assert.isAtMost((yield* read) - transactionsOf(a.file), 1)
    }),
  ),
)

/** Each transaction of a database is counted in its header; and each waits for the disk. */
const transactionsOf = (file: string): number => fs.readFileSync(file).readUInt32BE(24)

it.live(
  "while a database is copied for a query at a moment, nobody can hold it shut, which the copy would wait for",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetIn(root, "db", "a")
      let refusals = 0
      const shut = Effect.sync(() => {
        using db = new DatabaseSync(a.file, { timeout: 0 })
        try {
          db.exec("BEGIN EXCLUSIVE")
        } catch {
          refusals++
        }
      })
      const disk = Layer.effect(
        Disk,
        Disk.use((disk) =>
          Effect.succeed({
            ...disk,
            work: (operation, file, effect) =>
              disk.work(operation, file, operation === "copy" ? Effect.andThen(shut, effect) : effect),
          }),
        ),
      ).pipe(Layer.provide(nodeDisk))
      yield* Effect.gen(function* () {
        const { checkpoint_id } = yield* write(a, { insert: [{ id: 1 }] })
        yield* write(a, { insert: [{ id: 2 }] })
        yield* Snapshots.use((all) => all.at(checkpoint_id!, [a], join(root, "scratch"), () => Effect.void))
        assert.strictEqual(refusals, 1)
      }).pipe(Effect.provide(storeAt(root, disk)))
    }),
)
