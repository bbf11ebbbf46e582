import { Deferred, Effect, Exit, Fiber } from "effect"
import { writeSync } from "node:fs"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { OutputPlan } from "../../../src/services/domain/OutputPlan.ts"
import type { OutputReport } from "../../../src/services/domain/OutputReport.ts"
import { encode, open, sync } from "../../fixtures/store.ts"
import { columnsOf, cursorOf, dataOf, insert, lookAt, rollback, rowsOf, type Scenarios, tagOf } from "./scenario.ts"

const honest = (plan: OutputPlan) => encode(plan, { insert: [{ id: 2 }, { id: 3 }] })

export const together: Scenarios = {
  "three outputs and the cursor go together, forth and back": (dataset) =>
    Effect.gen(function* () {
      const datasets = { a: dataset("a"), b: dataset("b"), d: dataset("d") }
      const all = Object.values(datasets)
      const three = (n: number) =>
        sync({
          datasets,
          writes: { a: { insert: [{ id: n }] }, b: { replace: [{ k: `b${n}` }] }, d: { insert: [{ x: n, y: null }] } },
          state: { n },
        })
      yield* three(1)
      const before = yield* dataOf(...all)
      assert.deepStrictEqual(before.cursor, { n: 1 })
      const { checkpoint_id, datasets: told } = yield* three(2)
      assert.deepStrictEqual(told, {
        a: { output: "a", mode: "insert", rows: 1 },
        b: { output: "b", mode: "replace", rows: 1 },
        d: { output: "d", mode: "insert", rows: 1 },
      })
      assert.deepStrictEqual(yield* dataOf(...all), {
        ...before,
        rows: [
          [{ id: 1 }, { id: 2 }],
          [{ k: "b2" }],
          [
            { x: 1, y: null },
            { x: 2, y: null },
          ],
        ],
        cursor: { n: 2 },
      })
      assert.deepStrictEqual((yield* rollback()).undone, [checkpoint_id!])
      assert.deepStrictEqual(yield* dataOf(...all), before)
    }),

  "a commit that waits for another can be stopped, also where nothing else can be, and leaves nothing": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* insert(a, [{ id: 1 }], { state: { n: 1 } })
      const before = yield* lookAt(a)
      const store = yield* DatasetStore
      const spec = { datasets: { rows: a }, writes: { rows: { insert: [{ id: 2 }] } }, state: { n: 2 } }
      const one = (yield* open(spec)).commit
      const other = (yield* open({ ...spec, connector: "d" })).commit
      const [begun, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const long = () => Deferred.succeed(begun, undefined).pipe(Effect.andThen(Deferred.await(done)), Effect.as([]))
      const retention = { checkpoints: 100, bytes: 1 << 30 }
      const acting = yield* store.act({ datasets: [b], action: "long", retention }, long).pipe(Effect.forkChild)
      yield* Effect.gen(function* () {
        yield* Deferred.await(begun)
        for (const commit of [one, Effect.uninterruptible(other)]) {
          const waiting = yield* Effect.forkChild(commit)
          yield* Effect.sleep("50 millis")
          yield* Fiber.interrupt(waiting)
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiting)))
        }
      }).pipe(Effect.ensuring(Deferred.succeed(done, undefined)))
      yield* Fiber.join(acting)
      assert.deepStrictEqual(yield* lookAt(a), before)
    }).pipe(Effect.scoped),

  "one output that drifts keeps all of them from being written": (dataset) =>
    Effect.gen(function* () {
      const [a, b] = [dataset("a"), dataset("b")]
      yield* sync({
        datasets: { a, b },
        writes: { a: { insert: [{ id: 1 }] }, b: { insert: [{ id: 1 }] } },
        state: { n: 1 },
      })
      const before = yield* lookAt(a, b)
      const drifting = { a: { insert: [{ id: 2 }] }, b: { replace: [{ id: "x" }] } }
      assert.strictEqual(yield* tagOf(sync({ datasets: { a, b }, writes: drifting, state: { n: 2 } })), "SchemaDrift")
      assert.deepStrictEqual(yield* lookAt(a, b), before)
    }),

  "rows of an output that goes nowhere are counted": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const { dropped, datasets } = yield* sync({
        datasets: { a, nowhere: null, unwritten: null },
        writes: { a: { insert: [{ id: 1 }] }, nowhere: { insert: [{ x: 1 }, { y: "any" }] } },
      })
      assert.deepStrictEqual(dropped, { nowhere: 2 })
      assert.deepStrictEqual(Object.keys(datasets), ["a"])
      const nothing = yield* sync({ datasets: { nowhere: null }, writes: { nowhere: { insert: [{ x: 1 }] } } })
      assert.isNull(nothing.checkpoint_id)
    }),

  "the cursor is {} at first, and then what the last commit left; each connector has its own": (dataset) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* cursorOf(), {})
      assert.isNull((yield* insert(dataset("a"), [], { state: {} })).checkpoint_id)
      yield* insert(dataset("a"), [{ id: 1 }], { state: { since: "2026-11-23", ключ: [1] } })
      assert.deepStrictEqual(yield* cursorOf(), { since: "2026-11-23", ключ: [1] })
      assert.deepStrictEqual(yield* cursorOf("other"), {})
    }),

  "a transaction that is abandoned leaves nothing": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1 }], { state: { n: 1 } })
      const before = yield* lookAt(a)
      const staged = open({ datasets: { rows: a }, writes: { rows: { replace: [{ id: 2 }] } }, state: { n: 2 } })
      yield* Effect.scoped(staged)
      const failed = yield* Effect.scoped(Effect.andThen(staged, Effect.fail("the guest died"))).pipe(Effect.flip)
      assert.strictEqual(failed, "the guest died")
      assert.deepStrictEqual(yield* lookAt(a), before)
    }),

  "a report that the staged rows don't bear out is refused": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1 }], { state: { n: 1 } })
      const before = yield* lookAt(a)
      const lies: Readonly<Record<string, (plan: OutputPlan) => OutputReport>> = {
        "a row more than there is": (plan) => ({ ...honest(plan), rows: 3 }),
        "a row less": (plan) => ({ ...honest(plan), rows: 1 }),
        "none of them": (plan) => ({ ...honest(plan), rows: 0, columns: [], headerColumns: 0 }),
        "an output that wasn't opened": (plan) => ({ ...honest(plan), output: "other" }),
        "whole rows only": (plan) => {
          const report = honest(plan)
          writeSync(plan.fd!, '{"id":')
          return report
        },
      }
      const store = yield* DatasetStore
      for (const [lie, reportOf] of Object.entries(lies)) {
        const error = yield* Effect.gen(function* () {
          const { outputs, commit } = yield* store.begin({
            connector: "c",
            runId: "lying",
            outputs: [{ output: "rows", dataset: a }],
            retention: { checkpoints: 100, bytes: 1 << 30 },
          })
          const work = { outputs: outputs.map(reportOf), state: '{"n":2}' }
          return yield* commit(work, () => assert.fail("there is nothing to be recorded"))
        }).pipe(Effect.scoped, Effect.flip)
        assert.strictEqual(error._tag, "StagingCorrupt", lie)
        assert.deepStrictEqual(yield* lookAt(a), before, lie)
      }
    }),

  "a cursor that was moved meanwhile is not overwritten": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1 }], { state: { n: 1 } })
      const raced = <E, R>(meanwhile: Effect.Effect<unknown, E, R>) =>
        Effect.gen(function* () {
          const { commit } = yield* open({ datasets: { rows: a }, writes: {}, state: { n: 9 } })
          yield* meanwhile
          const before = yield* lookAt(a)
          const error = yield* commit.pipe(Effect.flip)
          assert.deepInclude(error, { _tag: "CursorChanged", connector: "c" })
          assert.deepStrictEqual(yield* lookAt(a), before)
        }).pipe(Effect.scoped)
      yield* raced(sync({ datasets: { rows: a }, writes: {}, state: { n: 2 } }))
      yield* raced(rollback())
    }),

  "what another connector wrote to the dataset meanwhile is neither lost nor taken back": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      const raced = (rows: ReadonlyArray<{ readonly id: unknown }>) =>
        Effect.gen(function* () {
          const { commit } = yield* open({ datasets: { rows: a }, writes: { rows: { insert: rows } }, state: { n: 1 } })
          yield* insert(a, [{ id: 1 }], { connector: "other", state: { n: 1 } })
          return yield* commit
        }).pipe(Effect.scoped)
      // Each of them would have settled it in its own way.
      assert.strictEqual(yield* tagOf(raced([{ id: "x" }])), "SchemaDrift")
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
      yield* rollback()
      yield* raced([{ id: 2 }])
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }, { id: 2 }])
      assert.deepStrictEqual(yield* columnsOf(a), ["id integer"])
    }),

  "an insert of nothing stays no change where the dataset was emptied meanwhile": (dataset) =>
    Effect.gen(function* () {
      const a = dataset("a")
      yield* insert(a, [{ id: 1 }], { connector: "other" })
      yield* Effect.gen(function* () {
        const { commit } = yield* open({ datasets: { rows: a }, writes: { rows: { insert: [] } } })
        yield* rollback()
        assert.isNull((yield* commit).checkpoint_id)
      }).pipe(Effect.scoped)
      assert.isNull(yield* columnsOf(a))
    }),
}
