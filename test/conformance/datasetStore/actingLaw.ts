import { Effect, type Scope } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { act } from "../../fixtures/store.ts"
import { dataOf, demandGrown, type Fresh, insert, rollback, rowsOf } from "./scenario.ts"

const id = fc.integer({ min: 0, max: 5 })
const text = fc.constantFrom(null, "a", 'b, "c"', "line\nbreak", "")
const row = fc.record({ id, t: text })
const match = fc.oneof(fc.record({ id }), fc.record({ t: text }), row)
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ mode: fc.constant("insert" as const), rows: fc.array(row, { maxLength: 3 }) }),
  { weight: 3, arbitrary: fc.record({ mode: fc.constant("delete" as const), match }) },
  {
    weight: 3,
    arbitrary: fc.record({
      mode: fc.constant("update" as const),
      match,
      set: fc.oneof(fc.record({ t: text }), fc.record({ id }), row),
    }),
  },
  { weight: 1, arbitrary: fc.record({ mode: fc.constant("replace" as const), rows: fc.array(row, { maxLength: 3 }) }) },
)

/** By the simplest means. */
const after = (rows: ReadonlyArray<Row>, edit: Edit): ReadonlyArray<Row> => {
  if ("rows" in edit) return edit.mode === "insert" ? [...rows, ...edit.rows] : edit.rows
  const isMeant = (one: Row) => Object.entries(edit.match).every(([name, value]) => one[name] === value)
  if (edit.mode === "delete") return rows.filter((one) => !isMeant(one))
  return rows.map((one) => (isMeant(one) ? { ...one, ...edit.set } : one))
}

export const actingLaw = (make: Effect.Effect<Fresh, never, Scope.Scope>): void => {
  it("edits come to what they come to one after the other, and an undo to what was there", { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        (first, requests) =>
          Effect.gen(function* () {
            const { layer, dataset } = yield* make
            yield* Effect.gen(function* () {
              const a = dataset("a")
              // It has had null, so that no rows drift.
              yield* insert(a, [...first, { id: 9, t: null }, { id: 9, t: "t" }])
              const stops: Array<unknown> = []
              const made: Array<string> = []
              const there = [...(yield* rowsOf(a))]
              for (const edits of requests) {
                const before = yield* dataOf(a)
                const { checkpoint_id } = yield* act([[a, edits]])
                const expected = edits.reduce(after, before.rows[0]!)
                assert.deepStrictEqual(yield* rowsOf(a), expected)
                if (checkpoint_id !== null) {
                  stops.push(before)
                  made.push(checkpoint_id)
                } else assert.deepStrictEqual(yield* dataOf(a), before)
              }
              const end = yield* dataOf(a)
              const undone: Array<string> = []
              for (const stop of stops.toReversed()) {
                undone.push((yield* rollback()).checkpoint_id)
                assert.deepStrictEqual(yield* dataOf(a), stop)
              }
              for (const id of undone.toReversed()) yield* rollback(id)
              assert.deepStrictEqual(yield* dataOf(a), end)
              if (made[0] === undefined) return
              const all = yield* rollback(made[0])
              assert.strictEqual(all.turned["a"]?.checkpoints, made.length)
              demandGrown(all, [{ a: end.rows[0]!.length }, { a: there.length }])
            }).pipe(Effect.provide(layer))
          }).pipe(Effect.scoped, Effect.runPromise),
      ),
      { numRuns: 10, interruptAfterTimeLimit: 100_000 },
    ),
  )
}
