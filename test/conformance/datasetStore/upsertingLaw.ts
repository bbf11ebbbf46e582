import { Effect, type Scope } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { sync } from "../../fixtures/store.ts"
import { reviewOf } from "./reviewing.ts"
import { type Fresh, rowsOf } from "./scenario.ts"

type Row = Readonly<{ id: number; t: string | null; n: number }>

const row: fc.Arbitrary<Row> = fc.record({
  id: fc.nat(6),
  t: fc.constantFrom("x", "y", null),
  n: fc.constantFrom(1, 2.5),
})
const batch = fc.array(row, { maxLength: 8 })

const keys = (rows: ReadonlyArray<Row>): ReadonlyArray<number> => [...new Set(rows.map(({ id }) => id))]

const upsertInto = (there: ReadonlyArray<Row>, rows: ReadonlyArray<Row>) => {
  const now = new Map(there.map((one) => [one.id, one]))
  for (const one of rows) now.set(one.id, one)
  return [...now.values()]
}

/** One row after the other, as anybody would count by hand. */
const countsOf = (there: ReadonlyArray<Row>, rows: ReadonlyArray<Row>) => {
  const counts = { new: 0, changed: 0, unchanged: 0 }
  const after = upsertInto(there, rows)
  for (const id of keys(rows)) {
    const [before, now] = [there.find((one) => one.id === id), after.find((one) => one.id === id)!]
    if (before === undefined) counts.new++
    else if (before.t === now.t && before.n === now.n) counts.unchanged++
    else counts.changed++
  }
  return counts
}

const follow = Effect.fnUntraced(function* (dataset: SourceDataset, batches: ReadonlyArray<ReadonlyArray<Row>>) {
  // So that no row of the batches settles a type, or drifts.
  const first = [
    { id: 100, t: "x", n: 2.5 },
    { id: 101, t: null, n: 2.5 },
  ]
  yield* sync({ datasets: { rows: dataset }, writes: { rows: { insert: first } } })
  let there: ReadonlyArray<Row> = first
  for (const rows of batches) {
    const foreseen = (yield* reviewOf(dataset, { upsert: rows })).datasets["a"]!
    const { datasets, upserted } = yield* sync({ datasets: { rows: dataset }, writes: { rows: { upsert: rows } } })
    const after = upsertInto(there, rows)
    const counts = upserted["a"]!
    assert.deepStrictEqual(counts, countsOf(there, rows))
    const { inserted, merged, unchanged, sample, more } = foreseen
    assert.deepStrictEqual({ new: inserted, changed: merged - unchanged, unchanged }, counts)
    const shown = keys(rows).slice(0, 5)
    assert.deepStrictEqual(
      sample,
      shown.map((id) => after.find((one) => one.id === id)!),
    )
    assert.strictEqual(more, keys(rows).length - shown.length)
    assert.strictEqual(counts.new + counts.changed + counts.unchanged, keys(rows).length)
    assert.strictEqual(counts.new + counts.changed + counts.unchanged, datasets["a"]!.rows)
    const count = yield* DatasetStore.use((store) => store.count(dataset))
    assert.strictEqual(counts.new, count - there.length)
    assert.deepStrictEqual(yield* rowsOf(dataset), after)
    there = after
  }
})

export const upsertingLaw = (make: Effect.Effect<Fresh, never, Scope.Scope>): void => {
  it("an upsert, and its preview, count as a naive model does: each key once, the new ones by how much the dataset grows", () =>
    fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), (batches) =>
        Effect.gen(function* () {
          const { layer, dataset } = yield* make
          yield* follow(dataset("a"), batches).pipe(Effect.provide(layer))
        }).pipe(Effect.scoped, Effect.runPromise),
      ),
      { numRuns: process.env["TORTURE"] === undefined ? 6 : 300, interruptAfterTimeLimit: 540_000 },
    ))
}
