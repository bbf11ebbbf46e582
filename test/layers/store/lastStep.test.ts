import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, References } from "effect"
import { DatabaseSync } from "node:sqlite"
import { Disk } from "../../../src/layers/store/Disk.ts"
import * as NodeDisk from "../../../src/layers/store/Disk.ts"
import { StoreFailed } from "../../../src/services/domain/StoreError.ts"
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

/** The real disk, but a database's commit tells of an error, and has done its work. */
const tellingAnError: Layer.Layer<Disk> = Layer.effect(
  Disk,
  Disk.useSync((disk) => ({
    ...disk,
    work: (operation, file, effect) =>
      operation === "commit"
        ? Effect.andThen(effect, new StoreFailed({ operation, path: file, code: "EIO" }))
        : disk.work(operation, file, effect),
  })),
).pipe(Layer.provide(NodeDisk.layer))

it.live("rows that a database holds are no less done for an error that it told: the cursor goes with them", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "db", "a")
    const insert = (id: number) => sync({ datasets: { a }, writes: { a: { insert: [{ id }] } }, state: { id } })
    yield* insert(1).pipe(Effect.provide(storeAt(root)))
    assert.isTrue(Exit.isFailure(yield* Effect.exit(insert(2)).pipe(Effect.provide(storeAt(root, tellingAnError)))))
    const { files, checkpoints } = yield* lookAt(root).pipe(Effect.provide(Layer.mergeAll(storeAt(root), quiet)))
    assert.strictEqual(files[".openislands/state/c.json"], '600 {"id":2}\n')
    assert.include(tablesOf(a.file), '{"rowid":2,"id":2}')
    assert.strictEqual(checkpoints.length, 2)
  }),
)
