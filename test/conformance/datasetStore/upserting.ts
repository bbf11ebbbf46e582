import { Effect } from "effect"
import { assert } from "vitest"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { open, sync, type SyncSpec } from "../../fixtures/store.ts"
import {
  columnsOf,
  dataOf,
  demandTurnable,
  history,
  insert,
  instant,
  lookAt,
  rollback,
  rowsOf,
  type Scenarios,
  tagOf,
} from "./scenario.ts"

type More = Partial<SyncSpec> & { readonly key?: ReadonlyArray<string> | null }

const upsert = (dataset: SourceDataset, rows: ReadonlyArray<Row>, { key = ["id"], ...more }: More = {}) =>
  sync({ datasets: { rows: dataset }, writes: { rows: { upsert: rows } }, keys: { rows: key }, ...more })

const row = (id: number, t: string | null = `row ${id}`) => ({ id, t })
const rows = (...ids: ReadonlyArray<number>) => ids.map((id) => row(id))

export const upserting: Scenarios = {
  "a row takes the place of the one with its key, where that stood; others go behind, in order": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2, 3))
      const before = yield* dataOf(a)
      const { datasets, upserted } = yield* upsert(a, [row(9), row(2, "new"), row(8), row(1)])
      assert.deepStrictEqual(datasets, { a: { output: "rows", mode: "upsert", rows: 4 } })
      assert.deepStrictEqual(upserted, { a: { new: 2, changed: 1, unchanged: 1 } })
      assert.deepStrictEqual(yield* rowsOf(a), [row(1), row(2, "new"), row(3), row(9), row(8)])
      const [newest] = yield* history
      assert.deepStrictEqual(newest!.datasets, { a: { mode: "upsert", rows: 4 } })
      assert.deepStrictEqual(newest!.upserted, upserted)
      yield* demandTurnable(a, before)
    }),

  "only new keys, and only known ones": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      let before = yield* dataOf(a)
      yield* upsert(a, rows(3, 4))
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2, 3, 4))
      yield* demandTurnable(a, before)
      before = yield* dataOf(a)
      yield* upsert(a, [row(4, "four"), row(1, "one")])
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, "one"), row(2), row(3), row(4, "four")])
      yield* demandTurnable(a, before)
    }),

  "of several rows of one key the last counts, where the first would have gone": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const first = yield* upsert(a, [row(1), row(2), row(1, "last"), row(3), row(3, "last")])
      assert.strictEqual(first.datasets["a"]!.rows, 3)
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, "last"), row(2), row(3, "last")])
      assert.deepStrictEqual(first.upserted, { a: { new: 3, changed: 0, unchanged: 0 } })
      const second = yield* upsert(a, [
        row(4, "x"),
        row(2, "x"),
        row(5),
        row(4),
        row(2, "y"),
        row(1, "x"),
        row(1, "last"),
      ])
      assert.strictEqual(second.datasets["a"]!.rows, 4)
      assert.deepStrictEqual(second.upserted, { a: { new: 2, changed: 1, unchanged: 1 } })
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, "last"), row(2, "y"), row(3, "last"), row(4), row(5)])
    }),

  "an empty dataset is filled": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const before = yield* dataOf(a)
      yield* upsert(a, rows(2, 1))
      assert.deepStrictEqual(yield* rowsOf(a), rows(2, 1))
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string"])
      yield* demandTurnable(a, before)
    }),

  "what is there as it is makes no checkpoint": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      const there = [
        { id: 1, n: 1.5, b: true, d: "2026-11-23", j: { k: [1, null], l: "x" }, s: 'a, "b"\nc' },
        { id: 2, n: 2, b: null, d: null, j: null, s: "" },
      ]
      yield* insert(a, there)
      const before = yield* lookAt(a)
      for (const same of [there, there.toReversed(), [{ s: "", id: 2, n: 2.0 }], []]) {
        const { checkpoint_id, datasets, upserted } = yield* upsert(a, same)
        assert.isNull(checkpoint_id)
        assert.strictEqual(datasets["a"]!.rows, same.length)
        assert.deepStrictEqual(upserted, { a: { new: 0, changed: 0, unchanged: same.length } })
        assert.deepStrictEqual(yield* lookAt(a), before)
      }
      yield* upsert(a, [{ ...there[0], j: { k: [1, 2], l: "x" } }])
      assert.lengthOf(yield* history, 2)
    }),

  "the whole row is replaced: a column that it lacks is null from then on": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      yield* upsert(a, [{ id: 2 }, row(3)])
      assert.deepStrictEqual(yield* rowsOf(a), [row(1), row(2, null), row(3)])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string?"])
    }),

  "a key may be several columns, and of any type": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const day = "2026-11-23"
      const time = "2026-11-23T16:57:59.123Z"
      const key = ["n", "b", "d", "at", "s"]
      const one = { n: 1, b: true, d: day, at: time, s: "x", v: 1 }
      const two = { ...one, n: 2.5 }
      const three = { ...one, s: "X" }
      yield* insert(a, [one, two, three])
      yield* upsert(
        a,
        [
          { ...two, v: 7 },
          { ...three, v: 8 },
          { ...one, b: false, v: 9 },
        ],
        { key },
      )
      const seen = (v: typeof one, more: object) => ({ ...v, at: instant(a, time), ...more })
      assert.deepStrictEqual(yield* rowsOf(a), [
        seen(one, {}),
        seen(two, { v: 7 }),
        seen(three, { v: 8 }),
        seen(one, { b: false, v: 9 }),
      ])
    }),

  "a number and an integer of one value are one key, also where the column widens for it": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      const before = yield* dataOf(a)
      const { schemaChanges } = yield* upsert(a, [row(2.5), row(2, "two")])
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "a", column: "id", change: "widened", from: "integer", to: "number" },
      ])
      assert.deepStrictEqual(yield* rowsOf(a), [row(1), row(2, "two"), row(2.5)])
      yield* demandTurnable(a, before)
    }),

  "rows that drift are refused, and let in under evolve, as when they are inserted": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      const before = yield* lookAt(a)
      assert.strictEqual(yield* tagOf(upsert(a, [{ ...row(1), more: 1 }])), "SchemaDrift")
      assert.deepStrictEqual(yield* lookAt(a), before)

      const b = dataset("b", { onDrift: "evolve" })
      yield* insert(b, rows(1, 2))
      const data = yield* dataOf(b)
      const { schemaChanges, upserted } = yield* upsert(b, [{ ...row(2), more: 1.5 }, row(3), row(1)])
      assert.deepStrictEqual(upserted, { b: { new: 1, changed: 1, unchanged: 1 } })
      assert.deepStrictEqual(schemaChanges, [
        { dataset: "b", column: "more", change: "added", from: null, to: "number" },
      ])
      assert.deepStrictEqual(yield* rowsOf(b), [
        { ...row(1), more: null },
        { ...row(2), more: 1.5 },
        { ...row(3), more: null },
      ])
      yield* demandTurnable(b, data)
    }),

  "a row whose key is null is refused, and so is an output that has none": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1))
      const before = yield* lookAt(a)
      for (const bad of [{ t: "x", id: null }, { t: "x" }]) {
        const error = yield* upsert(a, [row(2), bad]).pipe(Effect.flip)
        if (error._tag !== "RowRefused") return assert.fail(error.message)
        const { dataset, output, row: at, column, message } = error
        assert.deepStrictEqual({ dataset, output, at, column }, { dataset: "a", output: "rows", at: 1, column: "id" })
        assert.include(message, 'refuses row 2 of output "rows", column "id"')
      }
      assert.strictEqual(yield* tagOf(upsert(a, [row(1, "x")], { key: null })), "StagingCorrupt")
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "a key that the dataset has twice is refused, and one that it has twice besides is no matter": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [row(7), row(1), row(5), row(7, "again")])
      const before = yield* lookAt(a)
      const error = yield* upsert(a, [row(1, "x"), row(7, "x")]).pipe(Effect.flip)
      if (error._tag !== "DuplicateKey") return assert.fail(error.message)
      assert.deepStrictEqual(error.rows, [0, 3])
      assert.strictEqual(error.key, "id 7")
      assert.deepStrictEqual(yield* lookAt(a), before)
      yield* upsert(a, [row(1, "x")])
      assert.deepStrictEqual(yield* rowsOf(a), [row(7), row(1, "x"), row(5), row(7, "again")])
    }),

  "rows of the dataset without a key are nobody's": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: null, t: "x" }, row(1), { id: null, t: "x" }])
      yield* upsert(a, [row(2), row(1, "y")])
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: null, t: "x" }, row(1, "y"), { id: null, t: "x" }, row(2)])
    }),

  "a full sync drops what its connector upserted before": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* upsert(a, rows(1, 2))
      yield* upsert(a, [row(2, "x"), row(3)])
      const { datasets, upserted } = yield* upsert(a, [row(2), row(4), row(2, "last")], { full: { force: false } })
      assert.deepStrictEqual(datasets, { a: { output: "rows", mode: "replace", rows: 2 } })
      assert.deepStrictEqual(upserted, {})
      assert.deepStrictEqual((yield* history)[0]!.upserted, {})
      assert.deepStrictEqual(yield* rowsOf(a), [row(2, "last"), row(4)])
      yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), [row(1), row(2, "x"), row(3)])
    }),

  "what another sync brought in the meantime is not lost": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1))
      const late = yield* open({
        datasets: { rows: a },
        writes: { rows: { upsert: [row(1, "late"), row(2, "late"), row(3)] } },
      })
      yield* insert(a, rows(2, 4), { connector: "other" })
      yield* late.commit
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, "late"), row(2, "late"), row(4), row(3)])
    }).pipe(Effect.scoped),

  "upserts in parts come to what one upsert would": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      const parts = [
        [row(1), row(2)],
        [row(2, "x"), row(3)],
        [row(1, "y"), row(4), row(3)],
      ]
      const [first, second, third] = parts.map((part) => ({ writes: { rows: { upsert: part } } }))
      yield* sync({ datasets: { rows: a }, earlier: [first!, second!], ...third! })
      yield* upsert(b, parts.flat())
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, "y"), row(2, "x"), row(3), row(4)])
      assert.deepStrictEqual(yield* rowsOf(b), yield* rowsOf(a))
      yield* rollback()
      yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), [])
    }),
}
