import { Effect } from "effect"
import { assert } from "vitest"
import { History } from "../../../src/services/History.ts"
import { open, syncInParts } from "../../fixtures/store.ts"
import {
  columnsOf,
  cursorOf,
  dataOf,
  history,
  idsOf,
  insert,
  lookAt,
  replace,
  rollback,
  rowsOf,
  type Scenarios,
  tagOf,
} from "./scenario.ts"

const row = (id: number) => ({ id, t: `row ${id}` })
const rows = (...ids: ReadonlyArray<number>) => ids.map(row)
const inserting = (...ids: ReadonlyArray<number>) => ({ rows: { insert: rows(...ids) } })
const part = (n: number) => ({ writes: inserting(n), state: { n } })
const prune = (checkpoints: number) => History.use((one) => one.prune({ checkpoints, bytes: 1 << 30 }))

export const inParts: Scenarios = {
  "what is committed on the way is there at once, with its cursor, and what comes later goes behind it": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const { earlier, commit } = yield* open({
        datasets: { rows: a },
        earlier: [
          { writes: inserting(1, 2), state: { n: 1 } },
          { writes: inserting(3), state: { n: 2 } },
        ],
        writes: inserting(4),
        state: { n: 3 },
      })
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2, 3))
      const last = yield* commit
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2, 3, 4))
      const ids = [...earlier, last].map(({ checkpoint_id }) => checkpoint_id)
      assert.deepStrictEqual((yield* idsOf).toReversed(), ids)
      assert.deepStrictEqual(
        earlier.map((one) => one.datasets),
        [{ a: { output: "rows", mode: "insert", rows: 2 } }, { a: { output: "rows", mode: "insert", rows: 1 } }],
      )
      assert.strictEqual(new Set((yield* history).map(({ cause }) => cause.runId)).size, 1)
    }).pipe(Effect.scoped),

  "a run that ends early leaves what it committed, and nothing else": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* open({
        datasets: { rows: a },
        earlier: [{ writes: inserting(1), state: { n: 1 } }],
        writes: inserting(2),
        state: { n: 2 },
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(yield* rowsOf(a), rows(1))
      assert.deepStrictEqual(yield* cursorOf(), { n: 1 })
      assert.lengthOf(yield* history, 1)
    }),

  "a part without anything new makes no checkpoint": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const [first, second, third] = yield* syncInParts({
        datasets: { rows: a },
        earlier: [
          { writes: inserting(1), state: { n: 1 } },
          { writes: { rows: { insert: [] } }, state: { n: 1 } },
        ],
        writes: {},
      })
      assert.isNotNull(first!.checkpoint_id)
      assert.isNull(second!.checkpoint_id)
      assert.isNull(third!.checkpoint_id)
    }),

  "inserts go behind what an earlier part replaced": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, rows(1, 2))
      yield* syncInParts({
        datasets: { rows: a },
        earlier: [{ writes: { rows: { replace: rows(7) } } }],
        writes: inserting(8),
      })
      assert.deepStrictEqual(yield* rowsOf(a), rows(7, 8))
      yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2))
    }),

  "the types that a part settles, or widens, are those of the next": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a", { onDrift: "evolve" })
      yield* syncInParts({
        datasets: { rows: a },
        earlier: [
          { writes: { rows: { insert: [{ id: 1 }] } } },
          { writes: { rows: { insert: [{ id: 2.5, more: true }] } } },
        ],
        writes: { rows: { insert: [{ more: false, id: 3 }] } },
      })
      assert.deepStrictEqual(yield* columnsOf(a), ["id number", "more boolean?"])
      assert.deepStrictEqual(yield* rowsOf(a), [
        { id: 1, more: null },
        { id: 2.5, more: true },
        { id: 3, more: false },
      ])
    }),

  "in a full sync the first rows of each output take the place of what was there, the next go behind": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      const datasets = { a, b }
      yield* syncInParts({ datasets, writes: { a: { insert: rows(1) }, b: { insert: rows(2) } } })
      yield* syncInParts({
        datasets,
        full: { force: false },
        earlier: [{ writes: { a: { insert: rows(3) } } }],
        writes: { a: { insert: rows(4) }, b: { insert: rows(5) } },
      })
      assert.deepStrictEqual(yield* rowsOf(a), rows(3, 4))
      assert.deepStrictEqual(yield* rowsOf(b), rows(5))
    }),

  "a run's checkpoints are undone together, and come back together": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, rows(1), { state: { n: 1 } })
      const before = yield* dataOf(a, b)
      const made = yield* syncInParts({
        datasets: { rows: a, b },
        earlier: [
          { writes: inserting(2), state: { n: 2 } },
          { writes: { b: { insert: rows(1) } }, state: { n: 2 } },
        ],
        writes: inserting(3),
        state: { n: 3 },
      })
      const ids = made.map(({ checkpoint_id }) => checkpoint_id!)
      const after = yield* dataOf(a, b)
      for (const target of [null, ...ids]) {
        const { checkpoint_id, undone, datasets } = yield* rollback(target)
        assert.deepStrictEqual(undone, ids.toReversed())
        assert.deepStrictEqual(datasets, { a: { mode: "undo", rows: 2 }, b: { mode: "undo", rows: 1 } })
        assert.deepStrictEqual(yield* dataOf(a, b), before)
        const { redone } = yield* rollback(checkpoint_id)
        assert.deepStrictEqual(redone, ids)
        assert.deepStrictEqual(yield* dataOf(a, b), after)
      }
    }),

  "what came after a part goes with the run": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* syncInParts({
        datasets: { rows: a, b },
        earlier: [{ writes: inserting(1) }],
        writes: { b: { insert: rows(1) } },
      })
      yield* replace(a, rows(5), { connector: "other" })
      const ids = yield* idsOf
      const { undone } = yield* rollback(ids[1])
      assert.deepStrictEqual(undone, ids)
      assert.deepStrictEqual([yield* rowsOf(a), yield* rowsOf(b)], [[], []])
      assert.strictEqual(yield* tagOf(rollback()), "NothingToUndo")
    }),

  "what is forgotten of a run is all of it": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const parts = (n: number) => ({
        datasets: { rows: a },
        earlier: [{ writes: inserting(n), state: { n } }],
        writes: inserting(n + 1),
        state: { n: n + 1 },
      })
      yield* syncInParts(parts(1))
      yield* syncInParts(parts(3))
      const ids = yield* idsOf
      assert.deepStrictEqual(yield* prune(3), [])
      assert.deepStrictEqual(yield* prune(2), ids.slice(2).toReversed())
      assert.deepStrictEqual(yield* prune(1), [])
      const { undone } = yield* rollback()
      assert.deepStrictEqual(undone, ids.slice(0, 2))
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2))
    }),

  "two runs that take turns on one dataset are told from one another": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const one = yield* open({ datasets: { rows: a }, earlier: [part(1)], ...part(3) })
      const other = yield* open({ connector: "other", datasets: { rows: a }, earlier: [part(2)], ...part(4) })
      yield* one.commit
      yield* other.commit
      assert.deepStrictEqual(yield* rowsOf(a), rows(1, 2, 3, 4))
      const ids = yield* idsOf
      const { undone, checkpoint_id } = yield* rollback(ids[2])
      assert.deepStrictEqual(undone, ids)
      assert.deepStrictEqual(yield* rowsOf(a), [])
      yield* rollback(checkpoint_id)
      assert.deepStrictEqual(yield* lookAt(a).pipe(Effect.map((look) => look.rows[0])), rows(1, 2, 3, 4))
    }).pipe(Effect.scoped),
}
