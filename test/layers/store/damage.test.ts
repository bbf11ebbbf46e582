import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))
const list = History.use((one) => one.list)

/** Two syncs of a connector with a cursor; `use` gets the project's directory and what the first sync left. */
const afterTwoSyncs = <A, E>(
  use: (project: {
    readonly root: string
    readonly file: string
    readonly ids: ReadonlyArray<string>
    readonly first: string
    readonly again: (id: number) => ReturnType<typeof sync>
  }) => Effect.Effect<A, E, History | Scope.Scope | Effect.Services<ReturnType<typeof sync>>>,
) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetAt(root, "data/a.csv")
    const again = (id: number) => sync({ datasets: { a }, writes: { a: { insert: [{ id }] } }, state: { id } })
    yield* Effect.gen(function* () {
      const one = yield* again(1)
      const first = fs.readFileSync(a.file, "utf8")
      const two = yield* again(2)
      yield* use({ root, file: a.file, ids: [one.checkpoint_id!, two.checkpoint_id!], first, again })
    }).pipe(Effect.provide(storeAt(root)))
  })

it.live("what is no checkpoint of ours in the history is left alone", () =>
  afterTwoSyncs(({ root, ids, again }) =>
    Effect.gen(function* () {
      fs.mkdirSync(join(root, ".openislands/history/old copy"))
      fs.writeFileSync(join(root, ".openislands/history/notes.txt"), "")
      const third = yield* again(3)
      assert.match(third.checkpoint_id!, /^00000003-/)
      assert.deepStrictEqual(
        (yield* list).map((one) => one.checkpoint_id),
        [third.checkpoint_id, ...ids.toReversed()],
      )
    }),
  ),
)

it.live("a damaged checkpoint takes only what is older with it", () =>
  afterTwoSyncs(({ root, ids, first, file, again }) =>
    Effect.gen(function* () {
      const third = yield* again(3)
      fs.writeFileSync(join(root, ".openislands/history", ids[0]!, "plan.json"), "{")
      assert.deepStrictEqual(
        (yield* list).map((one) => one.checkpoint_id),
        [third.checkpoint_id, ids[1]],
      )
      assert.strictEqual((yield* rollback(ids[0]!).pipe(Effect.flip))._tag, "StoreCorrupt")
      yield* rollback()
      yield* rollback()
      assert.strictEqual(fs.readFileSync(file, "utf8"), first)
      assert.strictEqual((yield* rollback().pipe(Effect.flip))._tag, "NothingToUndo")
    }),
  ),
)

it.live("an undo never follows a link, to a file or on the way to it", () =>
  afterTwoSyncs(({ root, file }) =>
    Effect.gen(function* () {
      const outside = yield* temporaryProject({})
      const bytes = fs.readFileSync(file, "utf8")
      fs.renameSync(file, join(outside, "a.csv"))
      fs.symlinkSync(join(outside, "a.csv"), file)
      assert.strictEqual((yield* rollback(null, true).pipe(Effect.flip))._tag, "DatasetChanged")
      fs.rmSync(file)
      fs.rmdirSync(join(root, "data"))
      fs.symlinkSync(outside, join(root, "data"))
      assert.strictEqual((yield* rollback(null, true).pipe(Effect.flip))._tag, "DatasetChanged")
      assert.strictEqual(fs.readFileSync(join(outside, "a.csv"), "utf8"), bytes)
    }),
  ),
)

it.live("a pipe or a directory in place of a dataset is named, not waited for", () =>
  afterTwoSyncs(({ file, again }) =>
    Effect.gen(function* () {
      fs.rmSync(file)
      execFileSync("mkfifo", [file])
      assert.strictEqual((yield* again(3).pipe(Effect.flip))._tag, "DatasetChanged")
      fs.rmSync(file)
      fs.mkdirSync(file)
      assert.strictEqual((yield* again(3).pipe(Effect.flip))._tag, "DatasetChanged")
    }),
  ),
)

it.live("a damaged cursor can be undone with force, and not without", () =>
  afterTwoSyncs(({ root, file, first, again }) =>
    Effect.gen(function* () {
      const cursor = join(root, ".openislands/state/c.json")
      fs.writeFileSync(cursor, "{")
      assert.strictEqual((yield* again(3).pipe(Effect.flip))._tag, "StoreCorrupt")
      assert.strictEqual((yield* rollback().pipe(Effect.flip))._tag, "DatasetChanged")
      yield* rollback(null, true)
      assert.deepStrictEqual(JSON.parse(fs.readFileSync(cursor, "utf8")), { id: 1 })
      assert.strictEqual(fs.readFileSync(file, "utf8"), first)
    }),
  ),
)

it.live(
  "a project that was copied is undone as ever; an edit before our rows is found even if it keeps their length",
  () =>
    afterTwoSyncs(({ root, file, first }) =>
      Effect.gen(function* () {
        const elsewhere = yield* temporaryProject({})
        fs.cpSync(root, elsewhere, { recursive: true })
        yield* Effect.gen(function* () {
          yield* rollback()
          assert.strictEqual(fs.readFileSync(join(elsewhere, "data/a.csv"), "utf8"), first)
          const redo = (yield* list)[0]!.checkpoint_id
          yield* rollback(redo)
          assert.strictEqual(fs.readFileSync(join(elsewhere, "data/a.csv"), "utf8"), fs.readFileSync(file, "utf8"))
        }).pipe(Effect.provide(storeAt(elsewhere), { local: true }))
        fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("id", "ID"))
        assert.strictEqual((yield* rollback(null, true).pipe(Effect.flip))._tag, "CannotUndo")
      }),
    ),
)
