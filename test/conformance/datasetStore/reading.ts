import { Effect, Stream } from "effect"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { batchesOf, columnsOf, insert, replace, rollback, rowsOf, type Scenarios } from "./scenario.ts"

const numbered = (count: number, text = "row"): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, id) => ({ id, text: `${text} ${id}, and a little more of it` }))

/** All rows that were there when the reading began, with something done once the first of them have come. */
const readDuring = <E, R>(dataset: Parameters<typeof rowsOf>[0], act: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const rows: Array<Row> = []
    const store = yield* DatasetStore
    yield* store.read(dataset).pipe(
      Stream.runForEach((batch) =>
        Effect.gen(function* () {
          if (rows.length === 0) yield* act
          rows.push(...batch)
        }),
      ),
    )
    return rows
  })

/** What is read of a part, over batches of whatever size. */
const partOf = (dataset: Parameters<typeof rowsOf>[0], from: number, most: number) =>
  Stream.unwrap(DatasetStore.useSync((store) => store.read(dataset, { from, most }))).pipe(
    Stream.runCollect,
    Effect.map((batches) => batches.flat()),
  )
const countOf = (dataset: Parameters<typeof rowsOf>[0]) => DatasetStore.use((store) => store.count(dataset))

export const reading: Scenarios = {
  "a part is what lies there, and all are counted, in whatever order one asks and whatever was written since": (
    dataset,
  ) =>
    Effect.gen(function* () {
      const a = dataset("a")
      assert.deepStrictEqual([yield* countOf(a), yield* partOf(a, 0, 10)], [0, []])
      const awkward = ["", "x\ny", 'say "so"', "é🙂", "\uFEFFmark", null, ","]
      const rows = Array.from({ length: 3_000 }, (_, id): Row => ({ id, text: awkward[id % 7]! }))
      const demand = Effect.fnUntraced(function* (expected: ReadonlyArray<Row>) {
        for (const [from, most] of [
          [1_030, 20],
          [0, 3],
          [255, 3],
          [512, 1],
          [expected.length - 2, 10],
          [expected.length, 5],
          [9_999, 5],
          [1_500, 0],
          [700, 700],
        ] as const) {
          assert.deepStrictEqual(yield* partOf(a, from, most), expected.slice(from, from + most), `${from} ${most}`)
        }
        assert.strictEqual(yield* countOf(a), expected.length)
        assert.deepStrictEqual(yield* rowsOf(a), expected)
      })
      yield* insert(a, rows.slice(0, 1_100))
      yield* demand(rows.slice(0, 1_100))
      yield* insert(a, rows.slice(1_100))
      yield* demand(rows)
      yield* replace(a, rows.slice(1_000))
      yield* demand(rows.slice(1_000))
      yield* rollback()
      yield* demand(rows)
      yield* rollback()
      yield* demand(rows.slice(0, 1_100))
    }),

  "many rows come in order, in several batches": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const rows = numbered(20_000)
      yield* insert(a, rows)
      const batches = yield* batchesOf(a)
      assert.isAbove(batches.length, 1)
      for (const batch of batches) assert.isBelow(batch.length, 20_000)
      assert.deepStrictEqual(batches.flat(), rows)
    }),

  "what is committed meanwhile is not among them": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const rows = numbered(20_000)
      yield* insert(a, rows)
      const more = numbered(20_000, "more")
      assert.deepStrictEqual(yield* readDuring(a, insert(a, more)), rows)
      assert.deepStrictEqual(yield* readDuring(a, replace(a, more)), [...rows, ...more])
      assert.deepStrictEqual(yield* readDuring(a, rollback()), more)
      assert.deepStrictEqual(yield* rowsOf(a), [...rows, ...more])
    }),

  "what is undone meanwhile is read as it was, or not at all": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const rows = numbered(40_000)
      yield* insert(a, rows.slice(0, 5_000))
      yield* insert(a, rows.slice(5_000))
      const read = yield* readDuring(a, rollback()).pipe(Effect.result)
      if (read._tag === "Success") assert.deepStrictEqual(read.success, rows)
      else assert.strictEqual(read.failure._tag, "DatasetChanged")
      assert.deepStrictEqual(yield* rowsOf(a), rows.slice(0, 5_000))
    }),

  "rows that were read are the reader's own": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1, o: { k: 1 } }])
      const [row] = (yield* rowsOf(a)) as ReadonlyArray<Record<string, { k?: number } | string>>
      Object.assign(row!, { id: "changed" })
      Object.assign(row!["o"]!, { k: 2 })
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1, o: { k: 1 } }])
    }),

  "integers that a double doesn't hold keep every digit": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const values = [1, 9_007_199_254_740_991, 9_007_199_254_740_993n, -9_223_372_036_854_775_808n, -5, 0]
      const rows = values.map((n) => ({ n }))
      yield* insert(a, rows)
      assert.deepStrictEqual(yield* columnsOf(a), ["n integer"])
      assert.deepStrictEqual(yield* rowsOf(a), rows)
      // The smaller of them are numbers, however they came.
      yield* replace(a, [{ n: 7n }, { n: 2 ** 53 }])
      assert.deepStrictEqual(yield* rowsOf(a), [{ n: 7 }, { n: 9_007_199_254_740_992n }])
    }),

  "numbers come back as they were": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -123456.789, 1e21, 1e-7, 2]
      const rows = values.map((n) => ({ n }))
      yield* insert(a, rows)
      assert.deepStrictEqual(yield* columnsOf(a), ["n number"])
      assert.deepStrictEqual(yield* rowsOf(a), rows)
    }),

  "json comes back as deep as it was, with every key": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      let deep: unknown = { end: "ü", "": null, 'a "quoted"\nkey': [true, -0.5, 9_007_199_254_740_993n] }
      for (let level = 0; level < 80; level++) deep = level % 2 === 0 ? [deep, level] : { level, deep }
      const rows = [{ j: deep }, { j: [] }, { j: {} }, { j: null }, { j: [null] }]
      yield* insert(a, rows)
      assert.deepStrictEqual(yield* columnsOf(a), ["j json?"])
      assert.deepStrictEqual(yield* rowsOf(a), rows)
    }),

  "text comes back to the last character": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const texts = [
        '"',
        '""',
        ",",
        "a\nb",
        "a\r\nb",
        "\r",
        "\t",
        " x ",
        "\uFEFFx",
        "💾",
        "e\u0301",
        "\u2028",
        "\\",
        "'; --",
      ]
      const rows = texts.map((t, id) => ({ id, t }))
      yield* insert(a, rows)
      assert.deepStrictEqual(yield* rowsOf(a), rows)
    }),

  "a hundred columns of any names": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const odd = [
        "größe",
        "名前",
        "🦋",
        "a b",
        'a "b"',
        "a,b",
        "a\nb",
        "select",
        "constructor",
        "__proto__",
        "0",
        "-1",
        "%",
      ]
      const names = [...Array.from({ length: 87 }, (_, at) => `column ${at}`), ...odd]
      const row = (value: number): Row => Object.fromEntries(names.map((name, at) => [name, value + at]))
      yield* insert(a, [row(0), row(1000)])
      yield* insert(a, [row(2000)])
      const rows = yield* rowsOf(a)
      assert.deepStrictEqual(rows, [row(0), row(1000), row(2000)])
      assert.sameMembers(Object.keys(rows[0]!), names)
    }),

  "a cell of five megabytes": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const rows = [
        { id: 1, t: 'é"\n,'.repeat(1_000_000) },
        { id: 2, t: "x" },
      ]
      yield* insert(a, rows)
      const read = yield* rowsOf(a)
      assert.isTrue(read.length === 2 && read[0]!["t"] === rows[0]!.t)
      assert.deepStrictEqual(read[1], rows[1])
    }),
}
