import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { togetherOf } from "../../../src/programs/dashboard/app/history/together.ts"
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
  const { list, foresee, rollback } = yield* History
  const all = yield* list
  assert.isAtLeast(all.length, 8)
  for (const { checkpoint_id } of all.toReversed()) {
    const before = yield* list
    const shown = togetherOf(yield* foresee(checkpoint_id), before)
    assert.strictEqual(shown.older, 0)
    const newest = before.slice(0, 3)
    const older = shown.undone.filter((one) => !newest.includes(one))
    assert.strictEqual(togetherOf(yield* foresee(checkpoint_id), newest).older, older.length)
    const done = yield* rollback(checkpoint_id, { force: false })
    assert.deepEqual([...done.undone], ids(shown.undone), checkpoint_id)

    const undone = yield* list
    const redo = togetherOf(yield* foresee(done.checkpoint_id), undone)
    const redone = yield* rollback(done.checkpoint_id, { force: false })
    assert.sameMembers([...redone.redone], ids(redo.redone))
    assert.deepEqual(ids(redo.undone), [done.checkpoint_id])
  }
})

const ids = (checkpoints: ReadonlyArray<Checkpoint>) => checkpoints.map((one) => one.checkpoint_id)
