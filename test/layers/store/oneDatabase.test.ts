import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"
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
