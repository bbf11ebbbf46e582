import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import * as fs from "node:fs"
import { Disk, layer as nodeDisk } from "../../../src/layers/store/Disk.ts"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { StoreFailed } from "../../../src/services/domain/StoreError.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"
import { rowsOf } from "../../conformance/datasetStore/scenario.ts"

/** More than SQLite keeps in memory before it writes, and locks, the file. */
const many = Array.from({ length: 15_000 }, (_, id) => ({ id, text: `${"x".repeat(200)}${id}` }))

it.live("two outputs whose tables are in one database arrive together, however many rows they are", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [a, b] = [datasetIn(root, "db", "a"), datasetIn(root, "db", "b")]
    const syncOf = (write: "insert" | "replace", n: number) =>
      sync({ datasets: { a, b }, writes: { a: { [write]: many }, b: { [write]: many } } as never, state: { n } })
    yield* Effect.gen(function* () {
      yield* syncOf("insert", 1)
      yield* syncOf("insert", 2)
      yield* syncOf("replace", 3)
      assert.strictEqual((yield* rowsOf(b)).length, many.length)
      const undo = History.use((one) => one.rollback(null, { force: false }))
      yield* undo
      for (const one of [a, b]) assert.strictEqual((yield* rowsOf(one)).length, 2 * many.length)
      yield* undo
      yield* undo
      assert.isNull(yield* DatasetStore.use((store) => store.contract(a)))
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

/** Tells of a failure each time when the database has been committed. */
const lying = Layer.effect(
  Disk,
  Disk.use((disk) =>
    Effect.succeed(
      Disk.of({
        ...disk,
        work: (operation, path, effect) =>
          Effect.tap(disk.work(operation, path, effect), () =>
            operation === "commit" ? new StoreFailed({ operation, path, code: "EIO" }) : Effect.void,
          ),
      }),
    ),
  ),
).pipe(Layer.provide(nodeDisk))

it.live("files go with the database when its commit failed only by what was said of it", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [a, b] = [datasetIn(root, "db", "a"), datasetAt(root, "data/b.csv")]
    const syncOf = (id: number) =>
      sync({ datasets: { a, b }, writes: { a: { insert: [{ id }] }, b: { insert: [{ id }] } }, state: { id } })
    yield* syncOf(1).pipe(Effect.provide(storeAt(root)))
    assert.strictEqual((yield* Effect.flip(syncOf(2)).pipe(Effect.provide(storeAt(root, lying))))._tag, "StoreFailed")
    yield* Effect.gen(function* () {
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }])
      assert.strictEqual(fs.readFileSync(b.file, "utf8"), "id\n1\n2\n")
      assert.lengthOf(yield* History.use((one) => one.list), 2)
      yield* History.use((one) => one.rollback(null, { force: false }))
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
      assert.strictEqual(fs.readFileSync(b.file, "utf8"), "id\n1\n")
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("a second database in one transaction is refused, and nothing is written to either", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "db", "a")
    const b = datasetAt(root, "data/more.db", { name: "b", format: "sqlite", table: "b" })
    yield* Effect.gen(function* () {
      const write = { insert: [{ id: 1 }] }
      const exit = yield* Effect.exit(sync({ datasets: { a, b }, writes: { a: write, b: write }, state: { n: 1 } }))
      assert.isTrue(Exit.isFailure(exit))
      for (const one of [a, b]) assert.isFalse(fs.existsSync(one.file))
      assert.deepStrictEqual(yield* History.use((one) => one.list), [])
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
