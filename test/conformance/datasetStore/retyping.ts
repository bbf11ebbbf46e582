import { Effect } from "effect"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { FieldType, SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { columnsOf, insert, replace, rollback, rowsOf, type Scenarios } from "./scenario.ts"

const settle = (dataset: SourceDataset, type: FieldType) =>
  DatasetStore.use((store) => store.settle(dataset, new Map([["v", type]]), { checkpoints: 100, bytes: 1 << 30 }))

export const retyping: Scenarios = {
  "rows that a redo brings back are read by the contract that they were written under": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ v: 1 }])
      yield* settle(a, "number")
      yield* insert(a, [{ v: 1.5 }])
      const undone = yield* rollback()
      const { checkpoint_id: settled } = yield* settle(a, "integer")
      const redone = yield* rollback(undone.checkpoint_id)
      assert.include(redone.undone, settled)
      assert.deepStrictEqual(yield* columnsOf(a), ["v number"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ v: 1 }, { v: 1.5 }])
    }),

  "so are those that the undo of a replace brings back": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      // A column of doubles is no column of integers, whatever is in it.
      if (a.format === "parquet") return
      yield* insert(a, [{ v: 1 }])
      yield* settle(a, "number")
      yield* insert(a, [{ v: 1.5 }])
      const { checkpoint_id: replaced } = yield* replace(a, [{ v: 2 }])
      yield* settle(a, "integer")
      yield* rollback(replaced)
      assert.deepStrictEqual(yield* columnsOf(a), ["v number"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ v: 1 }, { v: 1.5 }])
    }),

  "with a contract go the rows that were written under it": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ v: 1 }])
      const { checkpoint_id: settled } = yield* settle(a, "number")
      const { checkpoint_id: later } = yield* insert(a, [{ v: 1.5 }])
      const { undone } = yield* rollback(settled)
      assert.deepStrictEqual<ReadonlyArray<string | null>>(undone, [later, settled])
      assert.deepStrictEqual(yield* columnsOf(a), ["v integer"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ v: 1 }])
    }),
}
