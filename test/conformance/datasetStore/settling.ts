import { assert } from "vitest"
import { Effect } from "effect"
import { columnsOf, history, insert, instant, mixedAs, replace, rowsOf, type Scenarios } from "./scenario.ts"

const day = "2026-11-23"
const time = "2026-11-23T16:57:59.123Z"

export const settling: Scenarios = {
  "a dataset that nothing was written to has no rows and no contract": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      for (const write of [insert, replace]) assert.isNull((yield* write(a, [])).checkpoint_id)
      assert.deepStrictEqual(yield* rowsOf(a), [])
      assert.isNull(yield* columnsOf(a))
      assert.deepStrictEqual(yield* history, [])
    }),

  "the first insert, or the first replace, settles its contract": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      const rows = [
        { id: 1, t: "x" },
        { id: 2, t: "y" },
      ]
      const { checkpoint_id: _, ...told } = yield* insert(a, rows)
      assert.deepStrictEqual(told, {
        datasets: { a: { output: "rows", mode: "insert", rows: 2 } },
        upserted: {},
        dropped: {},
        schemaChanges: [],
      })
      yield* replace(b, rows)
      for (const one of [a, b]) {
        assert.deepStrictEqual(yield* rowsOf(one), rows)
        assert.deepStrictEqual(yield* columnsOf(one), ["id integer", "t string"])
      }
    }),

  "the columns are all rows' keys, in the order in which they were first seen; what a row lacks is null": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ b: 1 }, { a: "x", b: 2 }, { c: true }])
      assert.deepStrictEqual(yield* columnsOf(a), ["b integer?", "a string?", "c boolean?"])
      const rows = yield* rowsOf(a)
      assert.deepStrictEqual(rows, [
        { b: 1, a: null, c: null },
        { b: 2, a: "x", c: null },
        { b: null, a: null, c: true },
      ])
      for (const row of rows) assert.deepStrictEqual(Object.keys(row), ["b", "a", "c"])
    }),

  "every type comes back as it went in, and null is accepted everywhere": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const row = { s: "x", i: 1, n: 1.5, b: false, d: day, t: time, o: { k: [1, null, "x"] }, l: [{ m: 1 }] }
      const none = Object.fromEntries(Object.keys(row).map((name) => [name, null]))
      yield* insert(a, [row, none, { ...row, t: new Date(time) }])
      assert.deepStrictEqual(yield* rowsOf(a), [row, none, row])
      assert.deepStrictEqual(yield* columnsOf(a), [
        "s string?",
        "i integer?",
        "n number?",
        "b boolean?",
        "d date?",
        "t timestamp?",
        "o json?",
        "l json?",
      ])
      yield* insert(a, [none])
      assert.deepStrictEqual(yield* rowsOf(a), [row, none, row, none])
    }),

  "mixes settle as the one type that holds them": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const mixed = yield* mixedAs(a)
      const values = [
        { n: 1, t: instant(a, day), s: "x", m: 1, o: true },
        { n: 2.5, t: time, s: day, m: "x", o: { k: 1 } },
      ]
      yield* insert(a, values)
      assert.deepStrictEqual(yield* columnsOf(a), ["n number", "t timestamp", "s string", `m ${mixed}`, `o ${mixed}`])
      const asText = [
        { ...values[0], m: "1", o: "true" },
        { ...values[1], o: '{"k":1}' },
      ]
      assert.deepStrictEqual(yield* rowsOf(a), mixed === "string" ? asText : values)
      yield* insert(a, [{ n: 3, t: day, s: "y", m: false, o: 7 }])
    }),

  "text stays text, whatever it looks like": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const texts = ["00123", "12", "1.50", "true", "null", "", " ", "-0", "1e5", day, "0x10", "[1]", "NaN", "\\N"]
      const rows = texts.map((zip) => ({ zip }))
      yield* insert(a, rows)
      assert.deepStrictEqual(yield* columnsOf(a), ["zip string"])
      yield* insert(a, [{ zip: "00124" }])
      yield* insert(a, [{ zip: day }])
      assert.deepStrictEqual(yield* rowsOf(a), [...rows, { zip: "00124" }, { zip: day }])
    }),

  "a column that has only been null is settled by the first value": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1, x: null }])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "x unknown?"])
      const { schemaChanges } = yield* insert(a, [{ id: 2, x: day }])
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "a", column: "x", change: "settled", from: "unknown", to: "date" },
      ])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "x date?"])
      assert.deepStrictEqual(yield* rowsOf(a), [
        { id: 1, x: null },
        { id: 2, x: day },
      ])
    }),
}
