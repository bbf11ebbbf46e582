import { Effect, type Scope } from "effect"
import fc from "fast-check"
import { assert, it } from "vitest"
import type { Row } from "../../../src/services/domain/Row.ts"
import { sync } from "../../fixtures/store.ts"
import { cursorOf, demandGrown, type Fresh, history, rollback, rowsOf, tagOf } from "./scenario.ts"

type Command =
  | {
      readonly kind: "write"
      readonly writes: Readonly<Record<string, { readonly mode: Mode; readonly rows: number }>>
    }
  | { readonly kind: "undo" | "redo" }
  /** Of the syncs in force. */
  | { readonly kind: "undoNth"; readonly at: number }
type Mode = "insert" | "replace"

const write = fc.record({ mode: fc.constantFrom<Mode>("insert", "replace"), rows: fc.integer({ min: 0, max: 3 }) })
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      writes: fc.dictionary(fc.constantFrom("a", "b"), write, { minKeys: 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("undo" as const, "redo" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undoNth" as const), at: fc.nat(20) }) },
)

/** Everything there is: both datasets' rows, the cursor, and which syncs are in force, oldest first. */
interface Snapshot {
  readonly a: ReadonlyArray<Row>
  readonly b: ReadonlyArray<Row>
  readonly n: number
  readonly inForce: ReadonlyArray<string>
}

const countsIn = ({ a, b }: Snapshot) => ({ a: a.length, b: b.length })

/** One connector writes them all and moves its cursor each time, so that going back to a checkpoint is a snapshot. */
const follow = Effect.fnUntraced(function* (dataset: Fresh["dataset"], commands: ReadonlyArray<Command>) {
  const datasets = { a: dataset("a"), b: dataset("b") }
  const before = new Map<string, Snapshot>()
  let now: Snapshot = { a: [], b: [], n: 0, inForce: [] }
  let syncs = 0

  const goBack = Effect.fnUntraced(function* (target: string) {
    const to = before.get(target)!
    const rolledBack = yield* rollback(target)
    const { checkpoint_id, undone, redone } = rolledBack
    demandGrown(rolledBack, [countsIn(now), countsIn(to)])
    const gone = now.inForce.filter((id) => !to.inForce.includes(id)).toReversed()
    assert.deepStrictEqual(
      undone.filter((id) => id !== target || gone.includes(target)),
      gone,
    )
    assert.deepStrictEqual(
      redone,
      to.inForce.filter((id) => !now.inForce.includes(id)),
    )
    before.set(checkpoint_id, now)
    now = to
  })

  for (const command of commands) {
    if (command.kind === "write") {
      const n = ++syncs
      const after: Record<string, ReadonlyArray<Row>> = { a: now.a, b: now.b }
      const writes: Record<string, never> = {}
      for (const [name, { mode, rows: count }] of Object.entries(command.writes)) {
        const rows = Array.from({ length: count }, (_, at): Row => ({ id: n * 10 + at, t: at === 1 ? null : `t${n}` }))
        Object.assign(writes, { [name]: { [mode]: rows } })
        after[name] = mode === "insert" ? [...after[name]!, ...rows] : rows
      }
      const { checkpoint_id } = yield* sync({ datasets, writes, state: { n } })
      before.set(checkpoint_id!, now)
      now = { a: after["a"]!, b: after["b"]!, n, inForce: [...now.inForce, checkpoint_id!] }
    } else if (command.kind === "redo") {
      const newest = (yield* history).find(({ cause, undoneBy }) => cause.type === "rollback" && undoneBy === null)
      if (newest !== undefined) yield* goBack(newest.checkpoint_id)
    } else if (now.inForce.length === 0) {
      assert.strictEqual(yield* tagOf(rollback()), "NothingToUndo")
    } else if (command.kind === "undoNth") {
      yield* goBack(now.inForce[command.at % now.inForce.length]!)
    } else {
      const newest = now.inForce.at(-1)!
      const to = before.get(newest)!
      const rolledBack = yield* rollback()
      const { checkpoint_id, undone } = rolledBack
      demandGrown(rolledBack, [countsIn(now), countsIn(to)])
      assert.deepStrictEqual(undone, [newest])
      before.set(checkpoint_id, now)
      now = to
    }
    const { a, b, n, inForce } = now
    assert.deepStrictEqual(yield* rowsOf(datasets.a), a)
    assert.deepStrictEqual(yield* rowsOf(datasets.b), b)
    assert.deepStrictEqual(yield* cursorOf(), n === 0 ? {} : { n })
    const listed = (yield* history).filter(({ cause, undoneBy }) => cause.type === "sync" && undoneBy === null)
    assert.deepStrictEqual(listed.map(({ checkpoint_id }) => checkpoint_id).toReversed(), inForce)
  }
})

export const law = (make: Effect.Effect<Fresh, never, Scope.Scope>): void => {
  it("after any writes, undos and redos the rows are those of a model of arrays", { timeout: 600_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 2, maxLength: 12 }), (commands) =>
        Effect.gen(function* () {
          const { layer, dataset } = yield* make
          yield* follow(dataset, commands).pipe(Effect.provide(layer))
        }).pipe(Effect.scoped, Effect.runPromise),
      ),
      { numRuns: process.env["TORTURE"] === undefined ? 10 : 500, interruptAfterTimeLimit: 540_000 },
    ),
  )
}
