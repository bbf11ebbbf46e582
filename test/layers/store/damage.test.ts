import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { History } from "../../../src/services/History.ts"
import { asAnotherUser } from "../../fixtures/asAnotherUser.ts"
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
      const error = yield* rollback().pipe(Effect.flip)
      assert.strictEqual(error._tag, "StoreCorrupt")
      assert.include(error.suggestion, `remove .openislands/history/${ids[0]} and what is older`)
      fs.rmSync(join(root, ".openislands/history", ids[0]!), { recursive: true })
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

it.live("what is older than a damaged checkpoint is not unknown, but out of reach", () =>
  afterTwoSyncs(({ root, ids }) =>
    Effect.gen(function* () {
      fs.writeFileSync(join(root, ".openislands/history", ids[1]!, "plan.json"), "{")
      const error = yield* rollback(ids[0]!).pipe(Effect.flip)
      assert.strictEqual(error._tag, "StoreCorrupt")
      assert.include(error.message, ids[1]!)
      assert.strictEqual((yield* rollback("00000009-zzzz").pipe(Effect.flip))._tag, "UnknownCheckpoint")
    }),
  ),
)

const ruins: Readonly<Record<string, (file: string) => void>> = {
  "that is empty": (file) => fs.writeFileSync(file, ""),
  "that was torn": (file) => fs.truncateSync(file, fs.statSync(file).size - 1),
  "with other bytes of the same length": (file) => {
    const { mtime, size } = fs.statSync(file)
    fs.writeFileSync(file, "x".repeat(size))
    // A copy of the project has other time stamps, too: they alone tell nothing.
    fs.utimesSync(file, mtime, new Date(mtime.getTime() + 2000))
  },
  "that is a directory": (file) => {
    fs.rmSync(file)
    fs.mkdirSync(file)
  },
  "that is gone": (file) => fs.rmSync(file),
}

for (const [how, ruin] of Object.entries(ruins)) {
  it.live(`what a checkpoint kept, ${how}, never becomes data again`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const b = datasetAt(root, "data/b.jsonl")
      const again = (id: number) => sync({ datasets: { b }, writes: { b: { replace: [{ id }] } } })
      yield* Effect.gen(function* () {
        yield* again(1)
        const { checkpoint_id } = yield* again(2)
        const kept = join(root, ".openislands/history", checkpoint_id!, "before-0")
        const text = fs.readFileSync(kept)
        ruin(kept)
        const error = yield* rollback().pipe(Effect.flip)
        assert.include(["StoreCorrupt", "StoreFailed", "CannotUndo"], error._tag)
        assert.include(error.message, `${checkpoint_id}/before-0`)
        assert.strictEqual(fs.readFileSync(b.file, "utf8"), '{"id":2}\n')
        yield* again(3)
        yield* rollback()
        assert.strictEqual(fs.readFileSync(b.file, "utf8"), '{"id":2}\n')
        // With a backup, it can be undone.
        fs.rmSync(kept, { recursive: true, force: true })
        fs.writeFileSync(kept, text)
        const { checkpoint_id: undone } = yield* rollback()
        assert.strictEqual(fs.readFileSync(b.file, "utf8"), '{"id":1}\n')
        const after = join(root, ".openislands/history", checkpoint_id!, "after-0")
        ruin(after)
        assert.include((yield* rollback(undone).pipe(Effect.flip)).message, `${checkpoint_id}/after-0`)
        assert.strictEqual(fs.readFileSync(b.file, "utf8"), '{"id":1}\n')
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
}

it.live("rows that a rollback kept are redone only as they were", () =>
  afterTwoSyncs(({ root, file, ids, first }) =>
    Effect.gen(function* () {
      const { checkpoint_id } = yield* rollback()
      const directory = join(root, ".openislands/history", ids[1]!)
      const rows = fs.readdirSync(directory).filter((name) => name.startsWith("after-"))
      for (const name of rows) {
        fs.writeFileSync(join(directory, name), fs.readFileSync(join(directory, name), "utf8").replace("2", "7"))
      }
      assert.strictEqual((yield* rollback(checkpoint_id).pipe(Effect.flip))._tag, "StoreCorrupt")
      assert.strictEqual(fs.readFileSync(file, "utf8"), first)
    }),
  ),
)

it.live("a journal that cannot be understood stops what writes, names what may be changed, and its way out helps", () =>
  afterTwoSyncs(({ root, file, ids, again }) =>
    Effect.gen(function* () {
      const journal = join(root, ".openislands/journal")
      const id = "00000003-abcd"
      fs.writeFileSync(join(journal, "notes.txt"), "none of ours")
      for (const content of ["", "{", '[{"a":1}]', null]) {
        fs.mkdirSync(join(journal, id, content === null ? "plan.json" : ""), { recursive: true })
        if (content !== null) fs.writeFileSync(join(journal, id, "plan.json"), content)
        const errors = [yield* Effect.flip(again(3)), yield* Effect.flip(rollback()), yield* Effect.flip(list)]
        for (const { _tag, message, suggestion } of errors) {
          assert.strictEqual(_tag, "StoreCorrupt")
          assert.include(message, `.openislands/journal/${id}/plan.json`)
          assert.include(suggestion, "No file differs from what the last checkpoint left")
        }
        fs.rmSync(join(journal, id), { recursive: true })
      }
      fs.mkdirSync(join(journal, id))
      fs.writeFileSync(join(journal, id, "plan.json"), "{")
      fs.appendFileSync(file, "7\n")
      const error = yield* again(3).pipe(Effect.flip)
      assert.match(
        error.suggestion ?? "",
        /differs from the last checkpoint: data\/a\.csv\. .* remove \.openislands\/journal\/00000003-abcd/,
      )
      fs.rmSync(join(journal, id), { recursive: true })
      fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("7\n", ""))
      const third = yield* again(3)
      yield* rollback(third.checkpoint_id)
      assert.deepStrictEqual(
        (yield* list).slice(2).map((one) => one.checkpoint_id),
        ids.toReversed(),
      )
    }),
  ),
)

it.live("a cursor that is another's to read is named, and can be read again", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetAt(root, "data/a.csv")
    const again = (id: number, connector = "c") =>
      sync({ connector, datasets: { a }, writes: { a: { insert: [{ id }] } }, state: { id } })
    yield* asAnotherUser(
      root,
      Effect.gen(function* () {
        yield* again(1)
        const cursor = join(root, ".openislands/state/c.json")
        fs.chmodSync(cursor, 0)
        const error = yield* again(2).pipe(Effect.flip)
        assert.strictEqual(error._tag, "StoreCorrupt")
        assert.include(error.message, ".openislands/state/c.json is damaged: it cannot be read (EACCES)")
        yield* again(2, "other")
        fs.chmodSync(cursor, 0o600)
        yield* again(3)
        assert.strictEqual(fs.readFileSync(a.file, "utf8"), "id\n1\n2\n3\n")
      }).pipe(Effect.provide(storeAt(root))),
    )
  }),
)

it.live("going back from a damaged cursor takes its own connector's last sync, whoever synced since", () =>
  afterTwoSyncs(({ root, ids }) =>
    Effect.gen(function* () {
      const d = datasetAt(root, "data/d.csv")
      yield* sync({ connector: "other", datasets: { d }, writes: { d: { insert: [{ id: 9 }] } }, state: { id: 9 } })
      fs.writeFileSync(join(root, ".openislands/state/c.json"), "[]")
      const error = yield* sync({ datasets: {}, writes: {} }).pipe(Effect.flip)
      assert.include(error.suggestion, `openislands rollback ${ids[1]} --force`)
      yield* rollback(ids[1]!, true)
      assert.strictEqual(fs.readFileSync(d.file, "utf8"), "id\n9\n")
      yield* sync({ datasets: {}, writes: {} })
    }),
  ),
)
