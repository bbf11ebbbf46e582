import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import * as fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { databaseStamp } from "../../../src/layers/store/databaseStamp.ts"
import { Disk } from "../../../src/layers/store/Disk.ts"
import * as NodeDisk from "../../../src/layers/store/Disk.ts"
import { History } from "../../../src/services/History.ts"
import { FaultyDisk } from "../../fixtures/faultyDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const rollback = (id: string | null = null) => History.use((one) => one.rollback(id, { force: false }))

/** Of what the store didn't write it knows nothing but the stamps: bytes cannot tell that nobody has been at it since. */
const brought = {
  "data/a.csv": "id,t\n1,user\n",
  "data/a.jsonl": '{"id":1,"t":"user"}\n',
  "data/a.json": '[\n{"id":1,"t":"user"}\n]\n',
}

/** Microseconds: the finest that can be set. */
const timeOf = (root: string, source: string) => fs.statSync(`${root}/${source}`, { bigint: true }).mtimeNs / 1000n

describe.each(Object.entries(brought))("a file that the user brought, %s", (source, content) => {
  const insert = (root: string, id: number) =>
    sync({ datasets: { a: datasetAt(root, source) }, writes: { a: { insert: [{ id, t: "ours" }] } } })

  it.live("doesn't look edited by an undo: it can be redone, and undone again", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", [source]: content })
      yield* Effect.gen(function* () {
        yield* insert(root, 2)
        yield* insert(root, 3)
        const { checkpoint_id } = yield* rollback()
        yield* rollback(checkpoint_id)
        yield* rollback()
        yield* rollback()
        assert.strictEqual(fs.readFileSync(`${root}/${source}`, "utf8"), content)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live("doesn't look edited by rows that were taken back: what came before them can be undone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", [source]: content })
      const disk = new FaultyDisk()
      yield* Effect.gen(function* () {
        yield* insert(root, 2)
        disk.arm(null)
        yield* insert(root, 3)
        const last = disk.changes.findLastIndex((change) => /^rename .*\/history\//.test(change)) + 1
        yield* rollback()
        const before = timeOf(root, source)
        disk.arm({ on: "changes", at: last, fault: { kind: "fails", code: "EIO" } })
        assert.isTrue(Exit.isFailure(yield* Effect.exit(insert(root, 3))))
        disk.arm(null)
        assert.strictEqual(timeOf(root, source), before)
        yield* rollback()
        assert.strictEqual(fs.readFileSync(`${root}/${source}`, "utf8"), content)
      }).pipe(Effect.provide(storeAt(root, disk.layer)))
    }),
  )
})

it.live("a file whose replacement had not begun is not read by the recovery: it may be large, or damaged", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const disk = new FaultyDisk()
    const a = datasetIn(root, "csv", "a")
    const replace = (id: number) => sync({ datasets: { a }, writes: { a: { replace: [{ id }] } } })
    yield* Effect.gen(function* () {
      yield* replace(1)
      disk.arm(null)
      yield* replace(2)
      const at = disk.changes.indexOf(`rename ${a.file}`) + 1
      assert.isAbove(at, 0)
      disk.arm({ on: "changes", at, fault: { kind: "dies" } })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(replace(3))))
    }).pipe(Effect.provide(storeAt(root, disk.layer)), Effect.exit)
    assert.strictEqual(fs.readdirSync(`${root}/.openislands/journal`).length, 1)
    const read: Array<string> = []
    yield* History.use((one) => one.list).pipe(Effect.provide(storeAt(root, telling(read))))
    assert.strictEqual(fs.readdirSync(`${root}/.openislands/journal`).length, 0)
    assert.notInclude(read, a.file)
    assert.strictEqual(fs.readFileSync(a.file, "utf8"), "id\n2\n")
  }),
)

it.live(
  "rows are inserted into a table of the user's without all of it being checked again, its log notwithstanding",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/.keep": "" })
      const a = datasetAt(root, "data/all.db", { name: "a", format: "sqlite", table: "a" })
      using db = new DatabaseSync(a.file)
      db.exec("PRAGMA journal_mode=WAL; CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)")
      db.close()
      const insert = (id: number) => sync({ datasets: { a }, writes: { a: { insert: [{ id }] } } })
      yield* Effect.gen(function* () {
        yield* insert(2)
        yield* insert(3)
        const checked = JSON.parse(fs.readFileSync(`${root}/.openislands/cache/checked/a.json`, "utf8")) as {
          readonly stamp: unknown
        }
        assert.deepStrictEqual(checked.stamp, yield* databaseStamp(a.file))
      }).pipe(Effect.provide(Layer.mergeAll(storeAt(root), NodeDisk.layer)))
    }),
)

/** The real disk, which tells what files are read for their bytes. */
const telling = (files: Array<string>): Layer.Layer<Disk> =>
  Layer.effect(
    Disk,
    Disk.useSync((disk) => ({
      ...disk,
      digest: (file, range, into) =>
        Effect.suspend(() => {
          files.push(file)
          return disk.digest(file, range, into)
        }),
    })),
  ).pipe(Layer.provide(NodeDisk.layer))
