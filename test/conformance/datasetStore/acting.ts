import { Effect } from "effect"
import { assert } from "vitest"
import type { Row } from "../../../src/services/domain/Row.ts"
import { act, open } from "../../fixtures/store.ts"
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

const row = (id: number, t: string | null = `t${id}`): Row => ({ id, t })
const rows = (...ids: ReadonlyArray<number>) => ids.map((id) => row(id))

export const acting: Scenarios = {
  "rows that an action inserts go behind the others, in a checkpoint that says so": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1))
      const before = yield* dataOf(a)
      const done = yield* act([[a, [{ mode: "insert", rows: rows(2, 3) }]]], "note")
      assert.deepStrictEqual(done.datasets, { a: { mode: "insert", rows: 2 } })
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2, 3))
      const { at: _at, ...newest } = (yield* history)[0]!
      assert.deepStrictEqual(newest, {
        checkpoint_id: done.checkpoint_id!,
        cause: { type: "action", connector: null, runId: null, action: "note" },
        datasets: { a: { mode: "insert", rows: 2 } },
        upserted: {},
        began: [],
        turned: {},
        undoneBy: null,
      })
      yield* demandTurnable(a, before)
    }),

  "rows that match go, and the others stay in their order": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [row(1), row(2, "x"), row(3), row(4, "x")])
      const before = yield* dataOf(a)
      const done = yield* act([[a, [{ mode: "delete", match: { t: "x" } }]]])
      assert.deepStrictEqual(done.datasets, { a: { mode: "delete", rows: 2 } })
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 3))
      assert.deepStrictEqual((yield* history)[0]?.datasets, { a: { mode: "delete", rows: 2 } })
      yield* demandTurnable(a, before)
    }),

  "all rows may go; the columns stay, and rows come again": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [row(1, "x"), row(2, "x")])
      const before = yield* dataOf(a)
      yield* act([[a, [{ mode: "delete", match: { t: "x" } }]]])
      assert.deepStrictEqual(yield* rowsOf(a), [])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string"])
      yield* demandTurnable(a, before)
      const empty = yield* dataOf(a)
      yield* insert(a, rows(3, 4))
      assert.deepStrictEqual(yield* rowsOf(a), rows(3, 4))
      yield* demandTurnable(a, empty)
    }),

  "rows that match get what is set, and keep the rest": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [
        { id: 1, t: "x", n: 1.5 },
        { id: 2, t: "y", n: 2 },
        { id: 3, t: "x", n: 3 },
      ])
      const before = yield* dataOf(a)
      const done = yield* act([[a, [{ mode: "update", match: { t: "x" }, set: { n: null, t: 'an "x", too' } }]]])
      assert.deepStrictEqual(done.datasets, { a: { mode: "update", rows: 2 } })
      assert.deepStrictEqual(yield* rowsOf(a), [
        { id: 1, t: 'an "x", too', n: null },
        { id: 2, t: "y", n: 2 },
        { id: 3, t: 'an "x", too', n: null },
      ])
      // It had never been null before.
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string", "n number?"])
      yield* demandTurnable(a, before)
    }),

  "a match is equality on all of its columns, of whatever type; null is null": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const at = "2026-11-23T16:57:59.123Z"
      const cells = {
        n: 2.5,
        b: true,
        d: "2026-11-23",
        at,
        j: { k: [1, null] },
        s: 'a, "b"\nc',
        big: 9007199254740993n,
      }
      const there = [
        { id: 1, ...cells },
        { id: 2, ...cells, b: false },
        { id: 3, ...cells, s: null },
      ]
      yield* insert(a, there)
      const before = yield* dataOf(a)
      for (const match of [
        { b: false },
        { s: null },
        { ...cells },
        { ...cells, s: null },
        { j: { k: [1, null] }, b: true },
      ]) {
        const expected = there.filter((one) =>
          Object.entries(match).every(([name, value]) => {
            const there = (one as Row)[name]
            return typeof value === "object" ? JSON.stringify(there) === JSON.stringify(value) : there === value
          }),
        )
        const done = yield* act([[a, [{ mode: "delete", match }]]])
        assert.strictEqual(done.datasets["a"]!.rows, expected.length, Object.keys(match).join())
        const left = there
          .filter((one) => !expected.includes(one))
          .map((one) => Object.assign({}, one, { at: instant(a, at) }))
        assert.deepStrictEqual(yield* rowsOf(a), left)
        yield* rollback()
        assert.deepStrictEqual(yield* dataOf(a), before)
      }
      // Texts that differ in case or type are others.
      for (const match of [
        { s: 'A, "B"\nC' },
        { id: 4 },
        { d: null },
        { n: 2 },
        { big: 9007199254740992n },
        { nowhere: null },
      ]) {
        const done = yield* act([[a, [{ mode: "delete", match }]]])
        assert.deepStrictEqual(done, { checkpoint_id: null, datasets: { a: { mode: "delete", rows: 0 } } })
      }
    }),

  "where nothing matches, or all is there as it is to be, there is no checkpoint": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, [row(1), row(2, null)])
      const before = yield* lookAt(a, b)
      const nothing = [
        [a, { mode: "delete", match: { id: 7 } }, 0],
        [a, { mode: "update", match: { id: 7 }, set: { t: "x" } }, 0],
        [a, { mode: "update", match: { t: null }, set: { t: null } }, 1],
        [a, { mode: "update", match: { id: 1 }, set: { id: 1, t: "t1" } }, 1],
        [a, { mode: "insert", rows: [] }, 0],
        [a, { mode: "replace", rows: [row(1), row(2, null)] }, 2],
        [b, { mode: "delete", match: { id: 7 } }, 0],
        [b, { mode: "replace", rows: [] }, 0],
      ] as const
      for (const [one, edit, count] of nothing) {
        const done = yield* act([[one, [edit]]])
        const told = { [one.name]: { mode: edit.mode, rows: count } }
        assert.deepStrictEqual(done, { checkpoint_id: null, datasets: told }, JSON.stringify(edit))
        assert.deepStrictEqual(yield* lookAt(a, b), before)
      }
    }),

  "what is replaced gives way, and comes back": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      const before = yield* dataOf(a)
      const done = yield* act([[a, [{ mode: "replace", rows: rows(3) }]]])
      assert.deepStrictEqual(done.datasets, { a: { mode: "replace", rows: 1 } })
      assert.deepStrictEqual(yield* rowsOf(a), rows(3))
      yield* demandTurnable(a, before)
    }),

  "several edits of several datasets are one checkpoint": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, rows(1, 2, 3))
      const before = yield* lookAt(a, b)
      const done = yield* act([
        [
          a,
          [
            { mode: "delete", match: { id: 1 } },
            { mode: "insert", rows: rows(4, 5) },
            { mode: "update", match: { id: 4 }, set: { t: "four" } },
          ],
        ],
        [b, [{ mode: "insert", rows: rows(7) }]],
      ])
      assert.deepStrictEqual(done.datasets, { a: { mode: "update", rows: 3 }, b: { mode: "insert", rows: 1 } })
      assert.deepStrictEqual(yield* rowsOf(a), [row(2), row(3), row(4, "four"), row(5)])
      assert.deepStrictEqual(yield* rowsOf(b), rows(7))
      const after = yield* dataOf(a, b)
      const { checkpoint_id, undone } = yield* rollback()
      assert.deepStrictEqual(undone, [done.checkpoint_id!])
      assert.deepStrictEqual(yield* dataOf(a, b), { rows: before.rows, columns: before.columns, cursor: before.cursor })
      yield* rollback(checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a, b), after)
    }),

  "one bad row, and nothing of any of them is written": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, rows(1, 2))
      const before = yield* lookAt(a, b)
      const bad = [row(3), row(4, "\ud800")]
      for (const edits of [
        [{ mode: "insert", rows: bad }],
        [{ mode: "replace", rows: bad }],
        [
          { mode: "delete", match: { id: 1 } },
          { mode: "insert", rows: bad },
        ],
      ] as const) {
        const error = yield* act(
          [
            [b, [{ mode: "insert", rows: rows(1) }]],
            [a, edits],
          ],
          "note",
        ).pipe(Effect.flip)
        if (error._tag !== "RowRefused") return assert.fail(error.message)
        assert.deepInclude(error, { dataset: "a", output: "note", row: 1, column: "t" })
        assert.deepStrictEqual(yield* lookAt(a, b), before)
      }
    }),

  "an empty dataset gets the columns and types that it is given": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const before = yield* dataOf(a)
      const columns = [
        { name: "day", type: "string", optional: false },
        { name: "n", type: "number", optional: false },
        { name: "j", type: "json", optional: false },
        { name: "more", type: "unknown", optional: false },
        { name: "later", type: "date", optional: false },
      ] as const
      const coming = [
        { n: 1, day: "2026-11-23", j: "text", more: true },
        { n: 2, day: "2026-11-24", j: null, more: false },
      ]
      yield* act([[a, [{ mode: "insert", rows: coming }], { columns }]])
      assert.deepStrictEqual(yield* columnsOf(a), ["day string", "n number", "j json?", "more boolean", "later date?"])
      assert.deepStrictEqual(
        yield* rowsOf(a),
        coming.map(({ day, n, j, more }) => ({ day, n, j, more, later: null })),
      )
      yield* demandTurnable(a, before)
    }),

  "a column that has only been null is settled by what is set": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [row(1, null), row(2, null)])
      const before = yield* dataOf(a)
      yield* act([[a, [{ mode: "update", match: { id: 2 }, set: { t: "2026-11-23" } }]]])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t date?"])
      assert.deepStrictEqual(yield* rowsOf(a), [row(1, null), row(2, "2026-11-23")])
      yield* demandTurnable(a, before)
    }),

  "a full sync doesn't drop what an action wrote": (dataset) =>
    Effect.gen(function* () {
      const [a, b, c] = [dataset("a"), dataset("b"), dataset("c")]
      for (const one of [a, b, c]) yield* insert(one, rows(1, 2))
      const full = { full: { force: false } }
      yield* act([[a, [{ mode: "insert", rows: rows(3) }]]])
      assert.strictEqual(yield* tagOf(insert(a, rows(1), full)), "SharedDataset")
      yield* act([[b, [{ mode: "update", match: { id: 1 }, set: { t: "by hand" } }]]])
      assert.deepInclude(yield* Effect.flip(insert(b, rows(1), full)), {
        _tag: "SharedDataset",
        writers: [],
        byHand: true,
        message:
          'dataset "b" also holds rows that were added or changed by an action or by hand, which a full sync of "c" would drop',
      })
      yield* insert(b, rows(4), { connector: "other" })
      assert.deepInclude(yield* Effect.flip(insert(b, rows(1), full)), { writers: ["other"], byHand: true })
      // There is nothing of an action's in what is left.
      yield* act([[c, [{ mode: "delete", match: { id: 1 } }]]])
      yield* insert(c, rows(1), full)
      assert.deepStrictEqual(yield* rowsOf(c), rows(1))
    }),

  "what a sync stages meanwhile comes to what is there when it commits": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      const inserting = yield* open({ datasets: { rows: a }, writes: { rows: { insert: rows(3) } } })
      yield* act([[a, [{ mode: "delete", match: { id: 1 } }]]])
      yield* inserting.commit
      assert.deepStrictEqual(yield* rowsOf(a), rows(2, 3))
      const upserting = yield* open({
        datasets: { rows: a },
        writes: { rows: { upsert: [row(2, "late"), row(4)] } },
      })
      yield* act([
        [
          a,
          [
            { mode: "update", match: { id: 3 }, set: { t: "by hand" } },
            { mode: "delete", match: { id: 2 } },
          ],
        ],
      ])
      yield* upserting.commit
      assert.deepStrictEqual(yield* rowsOf(a), [row(3, "by hand"), row(2, "late"), row(4)])
    }).pipe(Effect.scoped),
}
