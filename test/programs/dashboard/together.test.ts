import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { growthOf } from "../../../src/programs/dashboard/app/datasets/growthOf.ts"
import { togetherWith } from "../../../src/programs/dashboard/app/history/together.ts"
import type { Checkpoint } from "../../../src/services/domain/Checkpoint.ts"
import { History } from "../../../src/services/History.ts"
import { coreAt } from "../../../src/layers/Core.ts"
import { openislands } from "../../fixtures/cli.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const writes = (output: string): string => `await ctx.insert("${output}", [{ n: 1 }])`
const syncing = (body: string, outputs: string): string =>
  connector("", outputs).replace("sync() {}", `async sync(ctx) { ctx.state.n = (ctx.state.n ?? 0) + 1; ${body} }`)

/** "both" writes to the datasets of "a" and "b"; "apart" to one of its own, in two checkpoints. */
const files = {
  "manifest.json": manifest({
    a: {},
    b: {},
    both: { datasets: { a: "a", b: "b" } },
    apart: {},
  }),
  "connectors/a/index.ts": syncing(writes("rows"), "rows: {}"),
  "connectors/b/index.ts": syncing(writes("rows"), "rows: {}"),
  "connectors/both/index.ts": syncing(writes("a") + ";" + writes("b"), "a: {}, b: {}"),
  "connectors/apart/index.ts": syncing(`${writes("rows")}; await ctx.checkpoint(); ${writes("rows")}`, "rows: {}"),
}

it.live("what is shown before an undo is what the undo takes", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    for (const name of ["a", "apart", "both", "b", "apart", "a"]) yield* openislands(["sync", name], { cwd: root })
    yield* Effect.provide(backAndForth, coreAt(root))
  }),
)

/** Of every entry, from the oldest on. */
const backAndForth = Effect.gen(function* () {
  const { list, rollback } = yield* History
  const all = yield* list
  assert.isAtLeast(all.length, 8)
  for (const { checkpoint_id } of all.toReversed()) {
    const before = yield* list
    const target = before.find((one) => one.checkpoint_id === checkpoint_id)!
    const done = yield* rollback(checkpoint_id, { force: false })
    assert.deepEqual([...done.undone], ids(togetherWith(before, target).undone), checkpoint_id)

    const undone = yield* list
    const redo = togetherWith(undone, undone[0]!)
    const redone = yield* rollback(done.checkpoint_id, { force: false })
    assert.sameMembers([...redone.redone], ids(redo.redone))
    assert.deepEqual(redo.undone, [])
  }
})

const ids = (checkpoints: ReadonlyArray<Checkpoint>) => checkpoints.map((one) => one.checkpoint_id)

const at = (n: number, mode: "insert" | "replace" | "upsert", rows: number, undoneBy: string | null = null) =>
  ({
    checkpoint_id: String(n),
    at: `2026-01-0${n}T00:00:00.000Z`,
    cause: { type: "sync", connector: "a", runId: String(n), action: null },
    datasets: { a: { mode, rows } },
    undoneBy,
  }) satisfies Checkpoint

const growing = (...checkpoints: ReadonlyArray<Checkpoint>) => {
  const { isTotal, points } = growthOf(checkpoints.toReversed(), "a")
  return { isTotal, rows: points.map(({ rows }) => rows) }
}

it("growth adds up what is in force, from the last replace on; what an upsert adds nobody knows", () => {
  const past = [
    at(1, "insert", 5),
    at(2, "insert", 3),
    at(3, "insert", 9, "7"),
    at(4, "replace", 2),
    at(5, "insert", 1),
  ]
  assert.deepEqual(growing(...past), { isTotal: true, rows: [5, 8, 2, 3] })
  assert.deepEqual(growing(at(1, "insert", 5), at(2, "upsert", 3)), { isTotal: false, rows: [5, 3] })
  assert.deepEqual(growthOf(past, "b").points, [])
})
