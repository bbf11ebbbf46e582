import { Effect } from "effect"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { open } from "../../fixtures/store.ts"
import type { FieldType } from "../../../src/services/domain/Manifest.ts"
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

const day = "2026-11-23"
const time = "2026-11-23T16:57:59.123Z"

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
          { column: "more", type: "number", row: 1, key: 'id "4"' },
          { column: "other", type: "json", row: 2, key: "id true" },
        ])
        assert.deepStrictEqual(missing, [{ column: "b" }])
        const where = { row: 1, value: '"4"', key: 'id "4"' }
        assert.deepStrictEqual(retyped, [{ column: "id", expected: "integer", got: "string", ...where }])
        assert.include(message, 'new column "more" (number), first in row 2 (id "4")')
        // The key is told once.
        assert.include(message, 'column "id" is integer, row 2 has string, "4"')
        for (const name of ["a", "rows", "more", "other", "b", "id"]) assert.include(message, `"${name}"`)
        assert.include(suggestion, "in the connector")
        assert.include(suggestion, '"onDrift": "evolve"')
        assert.deepStrictEqual(yield* lookAt(a), before)
      }
    }),

  "the error names the policy, the rules of it that fired, and those of the ways on that help": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, first)
      const told = (rows: Parameters<typeof insert>[1], of = a) =>
        insert(of, rows).pipe(
          Effect.flip,
          Effect.map((error) => (error._tag === "SchemaDrift" ? error : assert.fail(error.message))),
        )
      const added = yield* told([{ ...first[0], more: 1 }])
      assert.strictEqual(added.onDrift, "reject")
      assert.include(added.suggestion, '"onDrift": "reject" refuses a new column.')
      assert.notInclude(added.suggestion, "--settle")
      const missing = yield* told([{ id: 3, t: "z" }])
      assert.include(missing.suggestion, '"onDrift": "reject" refuses rows that all lack a column.')
      const all = yield* told([{ id: "3", t: "z", more: 1 }])
      assert.include(
        all.suggestion,
        '"onDrift": "reject" refuses a new column, rows that all lack a column and a value of another type.',
      )
    }),

  "a column equal to one but for case, which another sync brought meanwhile, is refused under every policy": (
    dataset,
  ) =>
    Effect.gen(function* () {
      for (const onDrift of ["reject", "evolve"] as const) {
        const rows = dataset(onDrift, { onDrift })
        const late = yield* open({ datasets: { rows }, writes: { rows: { insert: [{ id: 1, T: "x" }] } } })
        yield* insert(rows, [{ id: 2, t: "y" }], { connector: "other" })
        const error = yield* late.commit.pipe(Effect.flip)
        if (error._tag !== "SchemaDrift") return assert.fail(error.message)
        assert.strictEqual(error.onDrift, onDrift)
        assert.deepStrictEqual(error.added, [{ column: "T", type: "string", row: 0 }])
        assert.deepStrictEqual(error.recased, [{ column: "T", existing: "t" }])
        assert.include(error.suggestion, 'write "t" (not "T") in the connector')
        assert.notInclude(error.suggestion, '"onDrift": "evolve"')
      }
    }).pipe(Effect.scoped),

  "where another type is offered for a column, giving it that lets the same values in": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const values = [1, 2.5, true, "x", day, time, { k: 1 }]
      // A column for each value that is there and each that arrives.
      const pairs = values.flatMap((there, n) => values.map((arriving, m) => ({ name: `c${n}${m}`, there, arriving })))
      yield* insert(a, [Object.fromEntries(pairs.map(({ name, there }) => [name, there]))])
      const error = yield* insert(a, [Object.fromEntries(pairs.map(({ name, arriving }) => [name, arriving]))]).pipe(
        Effect.flip,
      )
      if (error._tag !== "SchemaDrift") return assert.fail(error.message)
      const { settleable, suggestion, retyped } = error
      const isText = (yield* mixedAs(a)) === "string" || a.format === "json" || a.format === "jsonl"
      assert.strictEqual(settleable.length > 0, isText)
      if (!isText) return
      for (const { column, type } of settleable) assert.include(suggestion, ` --settle ${column}=${type}`)
      const types = new Map(settleable.map(({ column, type }) => [column, type as FieldType]))
      yield* DatasetStore.use((store) => store.settle(a, types, { checkpoints: 100, bytes: 1 << 30 }))
      const stay = new Set(retyped.filter(({ column }) => !types.has(column)).map(({ column }) => column))
      const rows = pairs.map(({ name, there, arriving }) => [name, stay.has(name) ? there : arriving])
      yield* insert(a, [Object.fromEntries(rows)])
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
