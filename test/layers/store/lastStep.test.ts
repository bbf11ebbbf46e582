import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, References } from "effect"
import { DatabaseSync } from "node:sqlite"
import { History } from "../../../src/services/History.ts"
import { FaultyDisk } from "../../fixtures/faultyDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"
import { lookAt, tablesOf } from "../../fixtures/storeState.ts"

const quiet = Layer.succeed(References.MinimumLogLevel, "None")

/** What comes behind a database's COMMIT, and only makes the journal a checkpoint. */
const lasts = ["rename", "fsyncDirectory"] as const

describe.each(lasts)("an undo that made a database bare, and whose last %s fails", (operation) => {
  it.live.each([1, 2])("is done, whoever comes next, with %i tables in the database", (tables) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const disk = new FaultyDisk()
      const [a, b] = [datasetIn(root, "db", "a"), datasetIn(root, "db", "b")]
      const undo = History.use((history) => history.rollback(null, { force: false }))
      const look = lookAt(root)
      yield* Effect.gen(function* () {
        const datasets = tables === 1 ? { a } : { a, b }
        const writes = { a: { insert: [{ id: 1 }] }, ...(tables === 1 ? {} : { b: { insert: [{ id: 2 }] } }) }
        yield* sync({ datasets, writes, state: { n: 1 } })
        disk.arm(null)
        const { checkpoint_id } = yield* undo
        const last = disk.changes.findLastIndex(
          (change) => change.startsWith(`${operation} `) && /history(\/\d+-\w+)?$/.test(change),
        )
        yield* History.use((history) => history.rollback(checkpoint_id, { force: false }))
        disk.arm({ on: "changes", at: last + 1, fault: { kind: "fails", code: "EIO" } })
        assert.isTrue(Exit.isSuccess(yield* Effect.exit(undo)), "what the database has decided is done")
        disk.arm(null)
      }).pipe(Effect.provide(Layer.mergeAll(storeAt(root, disk.layer), quiet)))
      const { files, checkpoints } = yield* look.pipe(Effect.provide(storeAt(root)))
      assert.deepStrictEqual(Object.keys(files), ["manifest.json"], "no rows, no contract, no cursor")
      assert.strictEqual(checkpoints.length, 4)
      // And what was undone comes back.
      const [newest] = yield* History.use((history) => history.list).pipe(Effect.provide(storeAt(root)))
      yield* History.use((history) => history.rollback(newest!.checkpoint_id, { force: false })).pipe(
        Effect.provide(storeAt(root)),
      )
      assert.include(tablesOf(a.file), '{"rowid":1,"id":1}')
      using db = new DatabaseSync(a.file)
      assert.strictEqual(db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('a', 'b')").all().length, tables)
    }),
  )
})
