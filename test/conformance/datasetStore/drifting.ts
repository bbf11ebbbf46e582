import { Effect } from "effect"
import { assert } from "vitest"
import {
  columnsOf,
  dataOf,
  insert,
  instant,
  lookAt,
  mixedAs,
  replace,
  rollback,
  rowsOf,
  type Scenarios,
} from "./scenario.ts"

const first = [
  { id: 1, t: "x", b: true },
  { id: 2, t: "y", b: false },
]

export const drifting: Scenarios = {
  "rows that don't fit are refused with what differs, where it showed first, and the ways on": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, first, { state: { n: 1 } })
      const before = yield* lookAt(a)
      const rows = [
        { id: 3, t: "z" },
        { id: "4", t: "z", more: 1.5 },
        { id: true, t: "z", more: null, other: {} },
      ]
      for (const write of [insert, replace]) {
        const error = yield* write(a, rows, { state: { n: 2 } }).pipe(Effect.flip)
        if (error._tag !== "SchemaDrift") return assert.fail(error.message)
        const { dataset, output, added, missing, retyped, message, suggestion } = error
        assert.deepStrictEqual({ dataset, output }, { dataset: "a", output: "rows" })
        assert.deepStrictEqual(added, [
          { column: "more", type: "number", row: 1 },
          { column: "other", type: "json", row: 2 },
        ])
        assert.deepStrictEqual(missing, [{ column: "b" }])
        assert.deepStrictEqual(retyped, [{ column: "id", expected: "integer", got: "string", row: 1 }])
        for (const name of ["a", "rows", "more", "other", "b", "id"]) assert.include(message, `"${name}"`)
        assert.include(suggestion, "in the connector")
        assert.include(suggestion, '"onDrift": "evolve"')
        assert.deepStrictEqual(yield* lookAt(a), before)
      }
    }),

  "a column that is absent from some rows is null there; one that was null before may stay away": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, first)
      const { schemaChanges } = yield* insert(a, [{ id: 3, t: "z", b: true }, { id: 4 }])
      assert.deepStrictEqual(schemaChanges, [])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string?", "b boolean?"])
      yield* insert(a, [{ id: 5 }])
      assert.deepStrictEqual(yield* rowsOf(a), [
        ...first,
        { id: 3, t: "z", b: true },
        { id: 4, t: null, b: null },
        { id: 5, t: null, b: null },
      ])
      yield* rollback()
      yield* rollback()
      const error = yield* insert(a, [{ id: 3 }]).pipe(Effect.flip)
      assert.deepInclude(error, { missing: [{ column: "t" }, { column: "b" }] })
    }),

  "a number in a column of integers widens it under every policy, and is reported": (dataset) =>
    Effect.gen(function* () {
      for (const a of [dataset("a", { onDrift: "reject" }), dataset("b", { onDrift: "evolve" })]) {
        yield* insert(a, first)
        const before = yield* dataOf(a)
        const { schemaChanges } = yield* insert(a, [{ id: 3.5, t: "z", b: true }])
        assert.deepStrictEqual(schemaChanges, [
          { dataset: a.name, column: "id", change: "widened", from: "integer", to: "number" },
        ])
        assert.deepStrictEqual(yield* columnsOf(a), ["id number", "t string", "b boolean"])
        assert.deepStrictEqual(yield* rowsOf(a), [...first, { id: 3.5, t: "z", b: true }])
        yield* rollback()
        assert.deepStrictEqual(yield* dataOf(a), before)
      }
    }),

  "evolve lets additions through, reversibly": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      yield* insert(a, first)
      const before = yield* dataOf(a)
      const { schemaChanges } = yield* insert(a, [
        { id: 3, t: "z", b: true, more: 1.5 },
        { id: 4, other: "o" },
      ])
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "a", column: "more", change: "added", from: null, to: "number" },
        { dataset: "a", column: "other", change: "added", from: null, to: "string" },
      ])
      assert.deepStrictEqual(yield* columnsOf(a), [
        "id integer",
        "t string?",
        "b boolean?",
        "more number?",
        "other string?",
      ])
      assert.deepStrictEqual(yield* rowsOf(a), [
        ...first.map((row) => ({ ...row, more: null, other: null })),
        { id: 3, t: "z", b: true, more: 1.5, other: null },
        { id: 4, t: null, b: null, more: null, other: "o" },
      ])
      const after = yield* dataOf(a)
      const { checkpoint_id } = yield* rollback()
      assert.deepStrictEqual(yield* dataOf(a), before)
      yield* rollback(checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a), after)
    }),

  "evolve lets widenings through, reversibly": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      const mixed = yield* mixedAs(a)
      yield* insert(a, [{ id: 1, d: "2026-11-23" }])
      const before = yield* dataOf(a)
      const { schemaChanges } = yield* insert(a, [{ id: "x", d: "2026-11-23T00:00:00Z" }])
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "a", column: "id", change: "widened", from: "integer", to: mixed },
        { dataset: "a", column: "d", change: "widened", from: "date", to: "timestamp" },
      ])
      assert.deepStrictEqual(yield* columnsOf(a), [`id ${mixed}`, "d timestamp"])
      assert.deepStrictEqual(yield* rowsOf(a), [
        { id: mixed === "string" ? "1" : 1, d: instant(a, "2026-11-23") },
        { id: "x", d: instant(a, "2026-11-23T00:00:00Z") },
      ])
      yield* rollback()
      assert.deepStrictEqual(yield* dataOf(a), before)
    }),

  "evolve reports a column that stays away, and goes on without it": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      yield* insert(a, first)
      const { schemaChanges } = yield* replace(a, [{ id: 3, t: "z" }])
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "a", column: "b", change: "missing", from: "boolean", to: null },
      ])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string", "b boolean?"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 3, t: "z", b: null }])
    }),
}
