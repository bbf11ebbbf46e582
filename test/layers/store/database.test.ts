import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { beginDatabase, commitDatabase, lastCommitted } from "../../../src/layers/store/database.ts"
import * as NodeDisk from "../../../src/layers/store/Disk.ts"
import { History } from "../../../src/services/History.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const projectOf = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "openislands-database-")))),
  (root) => Effect.sync(() => fs.rmSync(root, { recursive: true, force: true })),
)

const begun = Effect.fnUntraced(function* () {
  const root = yield* projectOf
  const file = path.join(root, "data", "all.db")
  const database = yield* beginDatabase(path.join(root, ".openislands"), file)
  database.connection.exec("CREATE TABLE a (id INTEGER)")
  return { file, database }
})

/** The connection, but its COMMIT answers with an error, before or after it has done its work. */
const failingAt = (
  when: "before" | "after",
  { connection, ...rest }: Effect.Success<ReturnType<typeof beginDatabase>>,
) => {
  const exec = connection.exec.bind(connection)
  connection.exec = (sql) => {
    if (sql !== "COMMIT") return exec(sql)
    if (when === "after") exec(sql)
    throw Object.assign(new Error("disk I/O error"), { errcode: 10 })
  }
  return { connection, ...rest }
}

const connecting = new URL("../../../src/layers/store/table/connect.ts", import.meta.url).href
const tracing = ["-f", "-y", "-e", "trace=fsync,fdatasync,unlink"]

/** Not every system has the program, or lets it. */
function canTrace(): boolean {
  return spawnSync("strace", [...tracing, "true"]).status === 0
}

const disk = Effect.provide(NodeDisk.layer)

describe("a rollback that cannot take rows out of a table", () => {
  it.live("leaves nothing in the journal that would look like one cut short", () =>
    Effect.gen(function* () {
      const root = yield* projectOf
      fs.writeFileSync(path.join(root, "manifest.json"), "{}")
      const a = datasetIn(root, "db", "a")
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
        using db = new DatabaseSync(a.file)
        db.exec("UPDATE a SET id = 2")
        const error = yield* History.use((history) => history.rollback(null, { force: false })).pipe(Effect.flip)
        assert.strictEqual(error._tag, "CannotUndo")
        assert.deepStrictEqual(fs.readdirSync(path.join(root, ".openislands/journal")), [])
      }).pipe(Effect.provide(storeAt(root)))
    }).pipe(Effect.scoped),
  )
})

describe("the commit of a database", () => {
  it.live("counts once it is a fact, though an error comes after it", () =>
    Effect.gen(function* () {
      const { file, database } = yield* begun()
      yield* commitDatabase(failingAt("after", database), "00000001-abcd")
      assert.strictEqual(yield* lastCommitted(file), "00000001-abcd")
    }).pipe(Effect.scoped, disk),
  )

  it.live("is an error where it was none", () =>
    Effect.gen(function* () {
      const { file, database } = yield* begun()
      const error = yield* commitDatabase(failingAt("before", database), "00000001-abcd").pipe(Effect.flip)
      assert.strictEqual(error._tag, "StoreFailed")
      assert.strictEqual(yield* lastCommitted(file), null)
    }).pipe(Effect.scoped, disk),
  )

  // What SQLite does by itself is none of the steps that our tests can lose in a power cut: here the system is asked.
  it.live.skipIf(!canTrace())("is flushed by SQLite, the removal of its journal included", () =>
    Effect.gen(function* () {
      const file = path.join(yield* projectOf, "all.db")
      const script = `import { connect } from ${JSON.stringify(connecting)}
        const db = connect(${JSON.stringify(file)}, { create: true })
        db.exec("BEGIN IMMEDIATE; CREATE TABLE a (id INTEGER); COMMIT")`
      const node = [process.execPath, "--input-type=module", "-e", script]
      const { status, stderr } = spawnSync("strace", [...tracing, ...node], { encoding: "utf8" })
      assert.strictEqual(status, 0, stderr)
      const calls = [...stderr.matchAll(/\b(fsync|fdatasync|unlink)\((?:\d+<)?"?([^">]+)/g)]
      const done = calls.filter(([, , name]) => name!.startsWith(path.dirname(file)))
      const names = done.map(
        ([, call, name]) => `${call!.replace("data", "")} ${path.relative(path.dirname(file), name!)}`,
      )
      const [last, flushed] = [names.lastIndexOf("unlink all.db-journal"), names.indexOf("fsync all.db")]
      assert.isAtLeast(names.indexOf("fsync all.db-journal"), 0, names.join())
      assert.isAbove(flushed, names.indexOf("fsync all.db-journal"), names.join())
      assert.isAbove(last, flushed, names.join())
      assert.isAbove(names.lastIndexOf("fsync "), last, names.join())
    }).pipe(Effect.scoped),
  )
})

describe("rows that somebody removed from a table that we made", () => {
  it.live.each(["DELETE FROM a WHERE id = 2", "DELETE FROM a WHERE id = 2; DELETE FROM a WHERE id = 3"])(
    "are gone, not more: %s",
    (sql) =>
      Effect.gen(function* () {
        const root = yield* projectOf
        fs.writeFileSync(path.join(root, "manifest.json"), "{}")
        const a = datasetIn(root, "db", "a")
        yield* Effect.gen(function* () {
          yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }, { id: 2 }, { id: 3 }] } } })
          using db = new DatabaseSync(a.file)
          db.exec(sql)
          const error = yield* History.use((history) => history.rollback(null, { force: false })).pipe(Effect.flip)
          assert.strictEqual(error._tag, "CannotUndo")
          assert.match(error.message, /of 3 rows that were there, [12] are left/)
        }).pipe(Effect.provide(storeAt(root)))
      }).pipe(Effect.scoped),
  )
})
