import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { beginDatabase, commitDatabase, lastCommitted } from "../../../src/layers/store/database.ts"
import * as NodeDisk from "../../../src/layers/store/Disk.ts"
import { connect } from "../../../src/layers/store/table/connect.ts"

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
const failingAt = (when: "before" | "after", { connection, ...rest }: Effect.Success<ReturnType<typeof beginDatabase>>) => {
  const exec = connection.exec.bind(connection)
  connection.exec = (sql) => {
    if (sql !== "COMMIT") return exec(sql)
    if (when === "after") exec(sql)
    throw Object.assign(new Error("disk I/O error"), { errcode: 10 })
  }
  return { connection, ...rest }
}

const disk = Effect.provide(NodeDisk.layer satisfies Layer.Layer<NodeDisk.Disk>)

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

  // What SQLite does by itself no test of ours can lose in a power cut; so this is what it is told.
  it.live("is flushed by SQLite, the removal of its journal included", () =>
    Effect.gen(function* () {
      const { file, database } = yield* begun()
      yield* commitDatabase(database, "00000001-abcd")
      const again = connect(file, { create: false })
      const extra = 3
      for (const mode of ["DELETE", "WAL"]) {
        again.exec(`PRAGMA journal_mode=${mode}`)
        assert.strictEqual(again.prepare("PRAGMA synchronous").get()?.["synchronous"], extra, mode)
      }
      again.close()
    }).pipe(Effect.scoped, disk),
  )
})
