import { Effect } from "effect"
import { createHash } from "node:crypto"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { type Foreseen, History } from "../../../src/services/History.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { act, sync } from "../../fixtures/store.ts"
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

const retention = (checkpoints: number, bytes = 1 << 30) => ({ retention: { checkpoints, bytes } })

/** What a rollback tells of dataset "a", which its redo tells as well. */
const turned = Effect.fnUntraced(function* (id: string) {
  const undo = yield* rollback(id)
  const { since, ...facts } = undo.turned["a"]!
  assert.strictEqual(since, id)
  const back = yield* rollback(undo.checkpoint_id)
  assert.deepStrictEqual(back.turned, { a: { ...facts, since: undo.checkpoint_id } })
  return facts
})

const row = (id: number, t = "x") => ({ id, t })
const deeds = (n: number, changed: number, removed: number | null) => ({ new: n, changed, removed })
const deedsIn = ({ turned: { a } }: Foreseen) => ({ new: a?.new, changed: a?.changed, removed: a?.removed })
const told = (checkpoint: string | null) =>
  History.use((one) => one.foresee(checkpoint!)).pipe(Effect.map((foreseen) => deedsIn(foreseen)))

export const undoing: Scenarios = {
  "the history lists what was done, the newest first, and its ids sort": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const first = yield* insert(a, [{ id: 1 }, { id: 2 }], { state: { n: 1 } })
      const second = yield* replace(a, [{ id: 3 }], { connector: "other" })
      const undone = yield* rollback()
      const list = yield* history
      const ids = [first.checkpoint_id, second.checkpoint_id, undone.checkpoint_id]
      assert.deepStrictEqual(
        list.map(({ checkpoint_id }) => checkpoint_id),
        ids.toReversed(),
      )
      assert.deepStrictEqual(ids.toSorted(), ids)
      assert.deepStrictEqual(
        list.map(({ cause, datasets, undoneBy }) => ({ ...cause, runId: typeof cause.runId, datasets, undoneBy })),
        [
          {
            type: "rollback",
            connector: null,
            runId: "object",
            action: null,
            datasets: undone.datasets,
            undoneBy: null,
          },
          {
            type: "sync",
            connector: "other",
            runId: "string",
            action: null,
            datasets: { a: { mode: "replace", rows: 1 } },
            undoneBy: undone.checkpoint_id,
          },
          {
            type: "sync",
            connector: "c",
            runId: "string",
            action: null,
            datasets: { a: { mode: "insert", rows: 2 } },
            undoneBy: null,
          },
        ],
      )
      assert.deepStrictEqual(undone.datasets, { a: { mode: "undo", rows: 1 } })
      for (const { at } of list) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }),

  "whose syncs a rollback turned last is known, also of those that left their cursor where it was": (dataset) =>
    Effect.gen(function* () {
      const { undone, undoneSince } = yield* History
      yield* insert(dataset("a"), [{ id: 1 }], { connector: "moved", state: { n: 1 } })
      yield* insert(dataset("b"), [{ id: 1 }], { connector: "still" })
      yield* insert(dataset("c"), [{ id: 1 }], { connector: "apart" })
      assert.deepStrictEqual([...(yield* undone)], [])
      yield* rollback((yield* idsOf)[1])
      const at = (yield* undone).get("still")
      assert.isNumber(at)
      assert.deepStrictEqual([...(yield* undone).keys()], ["still"])
      assert.strictEqual(yield* undoneSince("still", at! - 1), at)
      assert.isNull(yield* undoneSince("still", at!))
      for (const name of ["moved", "apart"]) assert.isNull(yield* undoneSince(name, 0))
      // Bringing it back is a turn as well.
      yield* rollback((yield* idsOf)[0])
      assert.isAtLeast((yield* undone).get("still") ?? 0, at!)
      yield* rollback((yield* idsOf).at(-1))
      assert.deepStrictEqual([...(yield* undone).keys()].toSorted(), ["moved", "still"])
    }),

  "a rollback tells what there was before, and of several by how many rows the dataset grew, if that is known": (
    dataset,
  ) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const upsert = (rows: ReadonlyArray<Row>) =>
        sync({ datasets: { rows: a }, writes: { rows: { upsert: rows } } }).pipe(
          Effect.map(({ checkpoint_id }) => checkpoint_id!),
        )
      const one = (yield* replace(a, [{ id: 1 }, { id: 2 }])).checkpoint_id!
      assert.deepStrictEqual((yield* history)[0]?.began, ["a"])
      const first = { checkpoints: 1, grown: 2, began: true }
      assert.deepStrictEqual(yield* turned(one), { new: 2, changed: 0, removed: 0, ...first })
      // Two that are there are gone: how many there were is known, for nothing was there before those.
      const two = (yield* replace(a, [{ id: 2 }, { id: 3 }, { id: 4 }])).checkpoint_id!
      assert.deepStrictEqual(yield* turned(one), {
        new: 5,
        changed: 0,
        removed: 2,
        checkpoints: 2,
        grown: 3,
        began: true,
      })
      const alone = { new: 3, changed: 0, removed: null, checkpoints: 1, grown: null, began: false }
      assert.deepStrictEqual(yield* turned(two), alone)
      const three = yield* upsert([{ id: 5 }, { id: 2 }])
      assert.deepStrictEqual(yield* turned(three), { ...alone, new: 1, removed: 0, grown: 1 })
      yield* act([[a, [{ mode: "delete", match: { id: 5 } }]]], "forget")
      const both = { new: 1, changed: 0, removed: 1, checkpoints: 2, grown: 0, began: false }
      assert.deepStrictEqual(yield* turned(three), both)
      assert.deepStrictEqual(yield* turned(two), { ...both, new: 4, removed: null, checkpoints: 3, grown: null })
      // Something else came in between: the redo takes that away, and brings back what was undone.
      const undo = yield* rollback(three)
      yield* insert(a, [{ id: 9 }])
      const mixed = yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(mixed.turned["a"], {
        new: 1,
        changed: 0,
        removed: 1,
        checkpoints: 3,
        grown: null,
        began: false,
        since: undo.checkpoint_id,
      })
    }),

  "rollback undoes the newest that is in force, again and again, until there is nothing left": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const stops = [yield* dataOf(a)]
      const steps = [
        insert(a, [{ id: 1, t: "x" }], { state: { n: 1 } }),
        insert(a, [{ id: 2, t: null }], { state: { n: 2 } }),
        replace(a, [{ id: 2.5, t: "r" }], { state: { n: 3 } }),
        insert(a, [{ id: 4, t: "i" }], { state: { n: 4 } }),
      ]
      const ids: Array<string> = []
      for (const step of steps) {
        ids.push((yield* step).checkpoint_id!)
        stops.push(yield* dataOf(a))
      }
      assert.deepStrictEqual(stops.at(-1)?.rows, [
        [
          { id: 2.5, t: "r" },
          { id: 4, t: "i" },
        ],
      ])
      for (const at of [3, 2, 1, 0]) {
        const { undone, redone } = yield* rollback()
        assert.deepStrictEqual([undone, redone], [[ids[at]!], []])
        assert.deepStrictEqual(yield* dataOf(a), stops[at])
      }
      const error = yield* rollback().pipe(Effect.flip)
      const newest = (yield* idsOf)[0]!
      assert.deepInclude(error, { _tag: "NothingToUndo", rollback: newest })
      assert.deepStrictEqual((yield* rollback(newest)).redone, [ids[0]!])
      assert.deepStrictEqual(yield* dataOf(a), stops[1])
    }),

  "there is nothing to undo in a new project": () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* rollback().pipe(Effect.flip), { _tag: "NothingToUndo", rollback: null })
    }),

  "a checkpoint that isn't there, or is undone already, is an error that changes nothing": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const { checkpoint_id } = yield* insert(a, [{ id: 1 }])
      const undone = yield* rollback(checkpoint_id)
      const before = yield* lookAt(a)
      const unknown = yield* rollback("00000009-none").pipe(Effect.flip)
      assert.deepInclude(unknown, { _tag: "UnknownCheckpoint", checkpoint: "00000009-none" })
      const twice = yield* rollback(checkpoint_id).pipe(Effect.flip)
      assert.deepInclude(twice, { _tag: "CannotUndo", checkpoint: checkpoint_id! })
      assert.include(twice._tag === "CannotUndo" ? twice.suggestion : "", undone.checkpoint_id)
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "rolling back a rollback is redo, and that can be rolled back in turn": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1, t: "x" }], { state: { n: 1 } })
      const { checkpoint_id } = yield* replace(a, [{ id: 2, t: "y" }], { state: { n: 2 } })
      const done = yield* dataOf(a)
      const undo = yield* rollback()
      const undone = yield* dataOf(a)
      const redo = yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a), done)
      assert.deepStrictEqual(redo.redone, [checkpoint_id!])
      assert.deepStrictEqual(redo.undone, [undo.checkpoint_id])
      assert.deepStrictEqual(redo.datasets, { a: { mode: "redo", rows: 1 } })
      yield* rollback(redo.checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a), undone)
      const inForce = (yield* history).filter(({ undoneBy }) => undoneBy === null)
      assert.deepStrictEqual(
        inForce.map(({ cause }) => cause.type),
        ["rollback", "sync"],
      )
    }),

  "undoing an old one takes what came later on the same datasets and cursors, lists it, and leaves the rest": (
    dataset,
  ) =>
    Effect.gen(function* () {
      const [a, b, d] = [dataset("a"), dataset("b"), dataset("d")]
      const before = yield* dataOf(a, b)
      const first = yield* insert(a, [{ id: 1 }], { connector: "p" })
      const linked = yield* sync({
        connector: "q",
        datasets: { a, b },
        writes: { a: { insert: [{ id: 2 }] }, b: { insert: [{ k: "x" }] } },
        state: { n: 1 },
      })
      const apart = yield* insert(d, [{ z: 1 }], { connector: "r" })
      const cursor = yield* insert(d, [], { connector: "q", state: { n: 2 } })
      const later = yield* insert(b, [{ k: "y" }], { connector: "s" })
      const all = yield* dataOf(a, b, d)
      const undo = yield* rollback(first.checkpoint_id)
      assert.deepStrictEqual(
        undo.undone,
        [later, cursor, linked, first].map(({ checkpoint_id }) => checkpoint_id!),
      )
      assert.deepStrictEqual(undo.datasets, { a: { mode: "undo", rows: 2 }, b: { mode: "undo", rows: 2 } })
      assert.deepStrictEqual(yield* dataOf(a, b), before)
      assert.deepStrictEqual(yield* cursorOf("q"), {})
      assert.deepStrictEqual(yield* rowsOf(d), [{ z: 1 }])
      const standing = (yield* history).filter(({ cause, undoneBy }) => cause.type === "sync" && undoneBy === null)
      assert.deepStrictEqual(
        standing.map(({ checkpoint_id }) => checkpoint_id),
        [apart.checkpoint_id!],
      )
      yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a, b, d), all)
      assert.deepStrictEqual(yield* cursorOf("q"), { n: 2 })
    }),

  "undoing the first sync leaves an empty dataset, which the next one settles anew": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1, t: "x" }])
      const undo = yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), [])
      assert.isNull(yield* columnsOf(a))
      yield* insert(a, [{ other: "00123" }])
      assert.deepStrictEqual(yield* columnsOf(a), ["other string"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ other: "00123" }])
      // Back to before the undo: what was done since goes with it.
      yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer", "t string"])
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1, t: "x" }])
    }),

  "types that were settled are not undone, or redone, under rows that were written since": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const settle = (type: "integer" | "number") =>
        DatasetStore.use((store) => store.settle(a, new Map([["id", type]]), { checkpoints: 100, bytes: 1 << 30 }))
      yield* insert(a, [{ id: 1 }])
      const settled = yield* settle("number")
      const wider = yield* insert(a, [{ id: 1.5 }])
      const all = yield* dataOf(a)
      const undo = yield* rollback(settled.checkpoint_id)
      assert.deepStrictEqual(undo.undone, [wider.checkpoint_id!, settled.checkpoint_id!])
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
      yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(yield* dataOf(a), all)
      const again = yield* rollback(wider.checkpoint_id)
      const narrower = yield* settle("integer")
      assert.deepStrictEqual((yield* rollback(again.checkpoint_id)).undone, [
        again.checkpoint_id,
        narrower.checkpoint_id!,
      ])
      assert.deepStrictEqual(yield* dataOf(a), all)
    }),

  "only so many checkpoints are kept: the newest of them, without a gap": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const ids: Array<string> = []
      for (let id = 1; id <= 6; id++) {
        ids.push((yield* insert(a, [{ id }], retention(3))).checkpoint_id!)
        assert.deepStrictEqual(yield* idsOf, ids.slice(-3).toReversed())
      }
      assert.strictEqual(yield* tagOf(rollback(ids[2]!)), "UnknownCheckpoint")
      const { undone } = yield* rollback(ids[3]!)
      assert.deepStrictEqual(undone, ids.slice(3).toReversed())
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }, { id: 3 }])
      assert.strictEqual(yield* tagOf(rollback()), "NothingToUndo")
    }),

  "of syncs that moved a cursor and no row, ten count as one: they don't push out what brought rows": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const idle = (n: number) =>
        sync({ datasets: { a }, writes: { a: { upsert: n % 2 === 0 ? [] : [row(1)] } }, state: { n }, ...retention(3) })
      const { checkpoint_id: first } = yield* insert(a, [row(1)], retention(3))
      const kept: Array<string> = []
      for (let n = 1; n <= 20; n++) kept.unshift((yield* idle(n)).checkpoint_id!)
      assert.deepStrictEqual(yield* idsOf, [...kept, first])
      // Twenty of them and the first are as many as three.
      kept.unshift((yield* idle(21)).checkpoint_id!)
      assert.deepStrictEqual(yield* idsOf, kept)
      // Whoever says how many to keep gets so many.
      yield* History.use((one) => one.prune({ checkpoints: 3, bytes: 1 << 30, exactly: true }))
      assert.deepStrictEqual(yield* idsOf, kept.slice(0, 3))
      // What brings rows counts as before.
      const ids = kept.slice(0, 3)
      for (let id = 2; id <= 4; id++) ids.unshift((yield* insert(a, [row(id)], retention(3))).checkpoint_id!)
      assert.deepStrictEqual(yield* idsOf, ids.slice(0, 3))
    }),

  "what a rollback that is kept would need is kept with it": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, [{ id: 1 }])
      yield* insert(a, [{ id: 2 }])
      const undo = yield* rollback()
      yield* insert(b, [{ k: 1 }], { connector: "other", ...retention(2) })
      assert.strictEqual((yield* idsOf).length, 3)
      yield* rollback(undo.checkpoint_id)
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }])
    }),

  "a rollback tells how many rows it takes back and how many it puts back, and a redo the same of them": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const upsert = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>) =>
        sync({ datasets: { rows: a }, writes: { rows: { upsert: rows } } })
      const first = yield* insert(a, [row(1), row(2), row(3)])
      assert.deepStrictEqual(yield* told(first.checkpoint_id), deeds(3, 0, 0))
      const second = yield* upsert([row(3, "y"), row(2), row(4), row(5)])
      assert.deepStrictEqual(yield* told(second.checkpoint_id), deeds(2, 1, 0))
      const third = yield* act([[a, [{ mode: "delete", match: { t: "x" } }]]])
      assert.deepStrictEqual(yield* told(third.checkpoint_id), deeds(0, 0, 4))
      const fourth = yield* act([[a, [{ mode: "update", match: { id: 3 }, set: { t: "z" } }]]])
      assert.deepStrictEqual(yield* told(fourth.checkpoint_id), deeds(0, 1, 0))
      assert.deepStrictEqual(yield* told(first.checkpoint_id), deeds(5, 2, 4))
      // What a replace takes the place of nobody counts.
      const fifth = yield* replace(a, [row(7), row(8)])
      assert.deepStrictEqual(yield* told(fifth.checkpoint_id), deeds(2, 0, null))
      const undo = yield* rollback(second.checkpoint_id)
      assert.deepStrictEqual(deedsIn(undo), deeds(4, 2, null))
      assert.deepStrictEqual(yield* rowsOf(a), [row(1), row(2), row(3)])
      assert.deepStrictEqual(deedsIn(yield* rollback(undo.checkpoint_id)), deedsIn(undo))
    }),

  "only so many bytes of what was there before are kept, and the newest checkpoint always": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const ids: Array<string> = []
      // Nothing that can be compressed by much.
      const text = Array.from({ length: 40_000 }, (_, at) =>
        createHash("sha256").update(`${at}`).digest("base64"),
      ).join()
      for (let id = 1; id <= 5; id++) {
        ids.push((yield* replace(a, [{ id, text }], retention(100, 3_000_000))).checkpoint_id!)
        const kept = yield* idsOf
        assert.isNotEmpty(kept)
        assert.deepStrictEqual(kept, ids.slice(-kept.length).toReversed())
      }
      assert.isBelow((yield* idsOf).length, 5)
      const last = yield* replace(a, [{ id: 6, text }], retention(100, 1))
      assert.deepStrictEqual(yield* idsOf, [last.checkpoint_id!])
      yield* rollback()
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 5, text }])
    }),
}
