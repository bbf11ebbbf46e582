import { Effect, type Schema } from "effect"
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

export const reviewOf = (dataset: SourceDataset | null, write: Write, key?: ReadonlyArray<string> | null) =>
  reviewsOf(dataset, [write], key).pipe(Effect.map(([review]) => review!))

type Json = typeof Schema.Json.Type

const row = (id: number, t: string | null = `row ${id}`) => ({ id, t })
const rows = (...ids: ReadonlyArray<number>) => ids.map((id) => row(id))
const wide = (id: Json, n: Json, more: Readonly<Record<string, Json>> = {}) => ({ id, n, ...more })
const columns = [
  { name: "id", type: "integer" },
  { name: "t", type: "string" },
]

const counts = { replaced: 0, merged: 0, unchanged: 0, misfit: null } as const

export const reviewing: Scenarios = {
  "the first rows of a dataset: all of them are new, and settle its columns": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const before = yield* lookAt(a)
      const review = yield* reviewOf(a, { insert: rows(1, 2, 3, 4, 5, 6, 7) })
      const told = { output: "rows", mode: "insert", ...counts, rows: 7, inserted: 7, columns } as const
      assert.deepStrictEqual(review.datasets, { a: { ...told, sample: rows(1, 2, 3, 4, 5), more: 2 } })
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
      const brought = [
        ...rows(2, 4, 5),
        row(4, "again"),
        row(3, null),
        ...rows(6, 7),
        row(2, "x"),
        row(2),
        row(5, "last"),
      ]
      const { a: told } = (yield* reviewOf(a, { upsert: brought })).datasets
      assert.deepInclude(told, { mode: "upsert", rows: 6, inserted: 4, replaced: 0, merged: 2, unchanged: 1 })
      // Each key once, as it would stand.
      const sample = [row(2), row(4, "again"), row(5, "last"), row(3, null), row(6)]
      assert.deepInclude(told, { sample, more: 1 })
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
      assert.deepInclude(review.datasets["a"], {
        sample: [{ ...row(2), u: null }],
        misfit: { row: 1, columns: ["u", "id"], values: { id: "x", t: "y", u: true } },
        more: 0,
      })
      assert.deepStrictEqual(
        review.datasets["a"]?.columns.map(({ name }) => name),
        ["id", "t", "u"],
      )
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "rows that drift are shown up to the first that doesn't fit, and with it what in it doesn't": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [wide(1, 1.5)])
      const seen = (write: Write) => reviewOf(a, write).pipe(Effect.map(({ datasets }) => datasets["a"]!))
      // A number in a column of integers is no drift; what comes behind the misfit shows nowhere.
      const many = [
        ...Array.from({ length: 7 }, (_, at) => wide(at + 0.5, 1)),
        wide(true, 7),
        wide("z", true),
        wide(9, 9),
      ]
      for (const write of [{ insert: many }, { upsert: many }, { replace: many }]) {
        const { rows, sample, misfit, more } = yield* seen(write)
        assert.deepStrictEqual(sample, many.slice(0, 5))
        assert.deepInclude(misfit, { row: 7, columns: ["id"], values: wide(true, 7) })
        assert.deepStrictEqual([rows, more], [10, 4])
      }
      const first = yield* seen({ insert: [wide(2, 1, { u: { deep: [1] } }), wide(3, 1)] })
      assert.deepStrictEqual(first.sample, [])
      assert.deepStrictEqual(first.misfit, { row: 0, columns: ["u"], values: wide(2, 1, { u: { deep: [1] } }) })
      // No one row is at fault.
      const { sample, misfit, more } = yield* seen({ insert: [{ id: 2 }, { id: 3 }] })
      assert.deepStrictEqual([sample.map(({ id }) => id), misfit, more], [[2, 3], null, 0])
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

  "what is the same stays so where its column gets another type": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      yield* insert(a, [wide(1, 5), wide(2, 6), wide(3, 7)])
      const write = { upsert: [wide(1, 5), wide(2, "x"), wide(3, 7, { u: null })] }
      const { a: told } = (yield* reviewOf(a, write)).datasets
      assert.deepInclude(told, { inserted: 0, merged: 3, unchanged: 2 })
      const { upserted } = yield* sync({ datasets: { rows: a }, writes: { rows: write } })
      assert.deepStrictEqual(upserted, { a: { new: 0, changed: 1, unchanged: 2 } })
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
      const again = { inserted: 1, merged: 1, unchanged: 1, sample: rows(1, 2, 3), more: 0, columns }
      assert.deepInclude(second?.datasets["a"], again)
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
        const { datasets, upserted } = yield* sync({ datasets: { rows: a }, writes: { rows: write } })
        const { inserted, merged, unchanged } = told
        const counts = { a: { new: inserted, changed: merged - unchanged, unchanged } }
        assert.deepStrictEqual(upserted, "upsert" in write ? counts : {})
        assert.deepStrictEqual(datasets["a"], { output: "rows", mode: told.mode, rows: told.rows })
        const gone = told.mode === "replace" ? before : 0
        assert.strictEqual(told.replaced, gone)
        assert.strictEqual((yield* rowsOf(a)).length, before - gone + told.inserted)
      }
    }),
}
