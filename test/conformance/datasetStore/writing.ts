import { Effect } from "effect"
import { assert } from "vitest"
import {
  columnsOf,
  cursorOf,
  history,
  insert,
  lookAt,
  replace,
  rollback,
  rowsOf,
  type Scenarios,
  tagOf,
} from "./scenario.ts"

const [one, two, three] = [
  { id: 1, t: "x" },
  { id: 2, t: null },
  { id: 3, t: "z" },
]

export const writing: Scenarios = {
  "insert appends and replace overwrites": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [one])
      yield* insert(a, [two, three])
      assert.deepStrictEqual(yield* rowsOf(a), [one, two, three])
      yield* replace(a, [three, one])
      assert.deepStrictEqual(yield* rowsOf(a), [three, one])
      yield* insert(a, [two])
      assert.deepStrictEqual(yield* rowsOf(a), [three, one, two])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string?"])
    }),

  "a replace with no rows clears the dataset and keeps its columns": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onEmpty: "clear" })
      yield* insert(a, [one, two])
      assert.isNotNull((yield* replace(a, [])).checkpoint_id)
      assert.deepStrictEqual(yield* rowsOf(a), [])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string?"])
      assert.isNull((yield* replace(a, [])).checkpoint_id)
      assert.strictEqual(yield* tagOf(insert(a, [{ id: "x", t: "x" }])), "SchemaDrift")
      yield* insert(a, [three])
      assert.deepStrictEqual(yield* rowsOf(a), [three])
      yield* rollback()
      yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), [one, two])
    }),

  'with "onEmpty": "keep" a replace with no rows leaves the dataset as it is': (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onEmpty: "keep" })
      yield* insert(a, [one])
      const { checkpoint_id, datasets } = yield* replace(a, [])
      assert.isNull(checkpoint_id)
      assert.deepStrictEqual(datasets, { a: { output: "rows", mode: "replace", rows: 0 } })
      assert.deepStrictEqual(yield* rowsOf(a), [one])
    }),

  'with "onEmpty": "fail" a replace with no rows is an error': (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onEmpty: "fail" })
      yield* insert(a, [one], { state: { n: 1 } })
      const before = yield* lookAt(a)
      const error = yield* replace(a, [], { state: { n: 2 } }).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "EmptyReplace", dataset: "a", output: "rows" })
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "an insert of nothing, and the same replace again, are no change": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* replace(a, [one, two], { state: { n: 1 } })
      const before = yield* lookAt(a)
      assert.isNull((yield* insert(a, [])).checkpoint_id)
      const again = yield* replace(a, [one, two])
      assert.isNull(again.checkpoint_id)
      assert.deepStrictEqual(again.datasets, { a: { output: "rows", mode: "replace", rows: 2 } })
      assert.deepStrictEqual(yield* lookAt(a), before)
      // It doesn't matter in how many parts the rows came, but in which order.
      yield* insert(a, [three])
      assert.isNull((yield* replace(a, [one, two, three])).checkpoint_id)
      assert.isNotNull((yield* replace(a, [two, one, three])).checkpoint_id)
    }),

  "a cursor that moves is a change by itself": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [one], { state: { n: 1 } })
      const { checkpoint_id } = yield* insert(a, [], { state: { n: 2, deep: [{ x: null }] } })
      const [newest] = yield* history
      assert.deepInclude(newest, { checkpoint_id: checkpoint_id!, datasets: {} })
      assert.deepStrictEqual(yield* cursorOf(), { n: 2, deep: [{ x: null }] })
      yield* rollback()
      assert.deepStrictEqual(yield* cursorOf(), { n: 1 })
      assert.deepStrictEqual(yield* rowsOf(a), [one])
    }),
}
