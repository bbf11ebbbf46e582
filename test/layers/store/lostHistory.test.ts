import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { Snapshots } from "../../../src/services/Snapshots.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rollback = (id: string | null = null) => History.use((one) => one.rollback(id, { force: false }))

it.live("a rollback of which a part is lost is not redone in part: the cursor would come back without its rows", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [a, b] = [datasetAt(root, "data/a.csv"), datasetAt(root, "data/b.csv")]
    yield* Effect.gen(function* () {
      const first = yield* sync({ datasets: { a, b }, writes: { a: { insert: [{ id: 1 }] } }, state: { n: 1 } })
      yield* sync({ datasets: { a, b }, writes: { b: { insert: [{ id: 2 }] } }, state: { n: 2 } })
      const back = yield* rollback(first.checkpoint_id)
      assert.lengthOf(back.undone, 2)
      fs.writeFileSync(join(root, ".openislands/history", first.checkpoint_id!, "plan.json"), "{")
      const error = yield* rollback(back.checkpoint_id).pipe(Effect.flip)
      assert.strictEqual(error._tag, "CannotUndo")
      assert.include(error.message, "not all of it")
      assert.isFalse(fs.existsSync(b.file))
      assert.isFalse(fs.existsSync(join(root, ".openislands/state/c.json")))
      fs.rmSync(join(root, ".openislands/history", first.checkpoint_id!), { recursive: true })
      const none = yield* rollback().pipe(Effect.flip)
      assert.deepInclude(none, { _tag: "NothingToUndo", rollback: null })
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("a dataset is not shown as it was without the rows of a checkpoint that was undone since, and is lost", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [a, b] = [datasetAt(root, "data/a.csv"), datasetAt(root, "data/b.csv")]
    yield* Effect.gen(function* () {
      const first = yield* sync({ connector: "a", datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
      const second = yield* sync({ connector: "b", datasets: { b }, writes: { b: { insert: [{ id: 2 }] } } })
      yield* rollback(first.checkpoint_id)
      const at = (dataset: typeof a, name: string) =>
        Snapshots.use((all) =>
          all.at(second.checkpoint_id!, [dataset], join(root, name), ([found]) =>
            Effect.sync(() => fs.readFileSync(found!.dataset.file, "utf8")),
          ),
        )
      assert.strictEqual(yield* at(a, "one"), "id\n1\n")
      fs.rmSync(join(root, ".openislands/history", first.checkpoint_id!), { recursive: true })
      assert.strictEqual((yield* at(a, "two").pipe(Effect.flip))._tag, "CannotReadAt")
      assert.strictEqual(yield* at(b, "three"), "id\n2\n")
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
