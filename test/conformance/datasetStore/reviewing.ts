import { Effect } from "effect"
import { assert } from "vitest"
import { DatasetStore, type Review } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { encode, sync, type Write } from "../../fixtures/store.ts"
import { insert, lookAt, rowsOf, type Scenarios, tagOf } from "./scenario.ts"

/** What is told of these writes, part by part, when each part is looked at before the next is staged. */
const reviewsOf = Effect.fnUntraced(function* (
  dataset: SourceDataset | null,
  parts: ReadonlyArray<Write>,
  key: ReadonlyArray<string> | null = ["id"],
) {
  const transaction = yield* DatasetStore.use((store) =>
    store.begin({
      connector: "c",
      runId: "review",
      outputs: [{ output: "rows", dataset, key }],
      retention: { checkpoints: 100, bytes: 1 << 30 },
    }),
  )
  let [plan] = transaction.outputs
  const reviews: Array<Review> = []
  for (const part of parts) {
    const reviewed = yield* transaction.review({ outputs: [encode(plan!, part)], state: `{"moved":true}` })
    reviews.push(reviewed.review)
    plan = reviewed.outputs[0]
  }
  return reviews
}, Effect.scoped)

const reviewOf = (dataset: SourceDataset | null, write: Write, key?: ReadonlyArray<string> | null) =>
  reviewsOf(dataset, [write], key).pipe(Effect.map(([review]) => review!))

const row = (id: number, t: string | null = `row ${id}`) => ({ id, t })
const rows = (...ids: ReadonlyArray<number>) => ids.map((id) => row(id))
const columns = [
  { name: "id", type: "integer" },
  { name: "t", type: "string" },
]

export const reviewing: Scenarios = {
  "the first rows of a dataset: all of them are new, and settle its columns": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const before = yield* lookAt(a)
      const review = yield* reviewOf(a, { insert: rows(1, 2, 3, 4, 5, 6, 7) })
      const told = { output: "rows", mode: "insert", rows: 7, inserted: 7, replaced: 0, merged: 0, columns } as const
      assert.deepStrictEqual(review.datasets, { a: { ...told, sample: rows(1, 2, 3, 4, 5) } })
      assert.isNull(review.drift)
      assert.deepStrictEqual(review.dropped, {})
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "a replace tells how many rows would give way": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2, 3))
      const before = yield* lookAt(a)
      const { a: told } = (yield* reviewOf(a, { replace: rows(9) })).datasets
      assert.deepInclude(told, { mode: "replace", rows: 1, inserted: 1, replaced: 3, merged: 0, sample: rows(9) })
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "an upsert tells which of its keys are there, each once": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2, 3))
      const before = yield* lookAt(a)
      const { a: told } = (yield* reviewOf(a, { upsert: [...rows(2, 4, 5), row(4, "again"), row(3, null)] })).datasets
      assert.deepInclude(told, { mode: "upsert", rows: 4, inserted: 2, replaced: 0, merged: 2 })
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "what an upsert would be refused for, its review is": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2, 2))
      const keyless = [{ id: null, t: "x" }, row(1)]
      assert.strictEqual(yield* tagOf(reviewOf(a, { upsert: keyless })), "RowRefused")
      assert.strictEqual(yield* tagOf(reviewOf(a, { upsert: rows(2) })), "DuplicateKey")
      assert.strictEqual(yield* tagOf(reviewOf(a, { upsert: rows(1) }, null)), "StagingCorrupt")
      assert.deepInclude((yield* reviewOf(a, { upsert: rows(1) })).datasets["a"], { merged: 1, inserted: 0 })
    }),

  "drift is told, with the columns that the rows have": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1))
      const before = yield* lookAt(a)
      const review = yield* reviewOf(a, { insert: [row(2), { id: "x", t: "y", u: true }] })
      assert.deepInclude(review.drift, { _tag: "SchemaDrift", dataset: "a", output: "rows" })
      assert.deepInclude(review.datasets["a"], { rows: 2, inserted: 0 })
      assert.deepStrictEqual(
        review.datasets["a"]?.columns.map(({ name }) => name),
        ["id", "t", "u"],
      )
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "a change of columns that goes through is told": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      yield* insert(a, rows(1))
      const review = yield* reviewOf(a, { insert: [{ ...row(2), u: true }] })
      const change = { dataset: "a", column: "u", change: "added", from: null, to: "boolean" } as const
      assert.deepStrictEqual(review.schemaChanges, [change])
      assert.deepStrictEqual(review.datasets["a"]?.sample, [{ ...row(2), u: true }])
    }),

  "a replace with no rows that is refused, or is nothing": (dataset) =>
    Effect.gen(function* () {
      const [fail, keep] = [dataset("a", { onEmpty: "fail" }), dataset("b", { onEmpty: "keep" })]
      for (const one of [fail, keep]) yield* insert(one, rows(1, 2))
      assert.strictEqual(yield* tagOf(reviewOf(fail, { replace: [] })), "EmptyReplace")
      assert.deepInclude((yield* reviewOf(keep, { replace: [] })).datasets["b"], { rows: 0, inserted: 0, replaced: 0 })
    }),

  "rows that go nowhere are counted": () =>
    Effect.gen(function* () {
      const review = yield* reviewOf(null, { insert: rows(1, 2) })
      assert.deepStrictEqual(review, { datasets: {}, dropped: { rows: 2 }, schemaChanges: [], drift: null })
    }),

  "whoever stages goes on as if each part had been committed": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      const before = yield* lookAt(a, b)
      const [first, second] = yield* reviewsOf(a, [{ upsert: rows(1, 2) }, { upsert: rows(2, 3) }])
      assert.deepInclude(first?.datasets["a"], { inserted: 2, merged: 0, sample: rows(1, 2) })
      assert.deepInclude(second?.datasets["a"], { inserted: 1, merged: 1, sample: rows(2, 3), columns })
      const [, drifted] = yield* reviewsOf(b, [{ insert: rows(1) }, { insert: [{ id: "x", t: "y" }] }])
      assert.deepInclude(drifted?.drift, { _tag: "SchemaDrift" })
      assert.deepStrictEqual(yield* lookAt(a, b), before)
    }),

  "what a review says is what a commit then does": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const writes: ReadonlyArray<Write> = [
        { insert: rows(1, 2) },
        { upsert: rows(2, 3, 3) },
        { insert: [] },
        { replace: rows(4, 5, 6) },
        { upsert: rows(6, 7) },
        { replace: [] },
        { upsert: rows(8) },
      ]
      for (const write of writes) {
        const before = (yield* rowsOf(a)).length
        const told = (yield* reviewOf(a, write)).datasets["a"]!
        const { datasets } = yield* sync({ datasets: { rows: a }, writes: { rows: write } })
        assert.deepStrictEqual(datasets["a"], { output: "rows", mode: told.mode, rows: told.rows })
        const gone = told.mode === "replace" ? before : 0
        assert.strictEqual(told.replaced, gone)
        assert.strictEqual((yield* rowsOf(a)).length, before - gone + told.inserted)
      }
    }),
}
