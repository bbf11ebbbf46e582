import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as fs from "node:fs"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { FaultyDisk } from "../../fixtures/faultyDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rollback = History.use((one) => one.rollback(null, { force: false }))

/** What somebody does to a file between the death of a rollback and the recovery, and what is there after that. */
interface Meddling {
  readonly extension: string
  readonly does: (file: string) => void
  readonly left: string | null
}

const edit = (file: string, make: (text: string) => string) =>
  fs.writeFileSync(file, make(fs.readFileSync(file, "utf8")))

const meddlings: Readonly<Record<string, Meddling>> = {
  nothing: { extension: "csv", does: () => {}, left: "id\n1\n" },
  "a row more": { extension: "csv", does: (file) => fs.appendFileSync(file, "99\n"), left: "id\n1\n99\n" },
  "many rows more": {
    extension: "jsonl",
    does: (file) => fs.appendFileSync(file, '{"id":99}\n'.repeat(1000)),
    left: `{"id":1}\n${'{"id":99}\n'.repeat(1000)}`,
  },
  "an element more": {
    extension: "json",
    does: (file) => edit(file, (text) => text.replace("\n]", ',\n{"id":99}\n]')),
    left: '[\n{"id":1},\n{"id":99}\n]\n',
  },
  "a row less": { extension: "csv", does: (file) => edit(file, (text) => text.replace("3\n", "")), left: "id\n1\n2\n" },
  "the file removed": { extension: "csv", does: (file) => fs.rmSync(file), left: null },
}

/** A project in which something died in the middle of what it did to a file, and what somebody did to the file since. */
const dying = Effect.fnUntraced(function* <E>(
  { extension, does }: Meddling,
  died: (a: ReturnType<typeof datasetAt>, disk: FaultyDisk) => Effect.Effect<void, E, DatasetStore | History>,
) {
  const root = yield* temporaryProject({ "manifest.json": "{}" })
  const a = datasetAt(root, `data/a.${extension}`)
  const disk = new FaultyDisk()
  let isDead = false
  yield* died(a, disk).pipe(
    Effect.andThen(Effect.sync(() => (isDead = true))),
    Effect.provide(storeAt(root, disk.layer)),
    // Whoever is dead cannot close what it has open.
    Effect.catchCause((cause) => (isDead ? Effect.void : Effect.failCause(cause))),
  )
  assert.deepStrictEqual(fs.readdirSync(`${root}/.openislands/journal`).length, 1)
  does(a.file)
  return { root, file: a.file }
})

/** A rollback that died before its cut. */
const cutShort = (meddling: Meddling) =>
  dying(
    meddling,
    Effect.fnUntraced(function* (a, disk) {
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } }, state: { n: 1 } })
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 2 }, { id: 3 }] } }, state: { n: 2 } })
      disk.arm(null)
      const before = fs.readFileSync(a.file)
      yield* rollback
      const cut =
        disk.changes.findIndex((change) => change === `truncate ${a.file}` || change === `writeAt ${a.file}`) + 1
      assert.isAbove(cut, 0)
      yield* list.pipe(
        Effect.andThen(([newest]) => History.use((one) => one.rollback(newest!.checkpoint_id, { force: false }))),
      )
      assert.isTrue(fs.readFileSync(a.file).equals(before))
      disk.arm({ on: "changes", at: cut, fault: { kind: "dies" } })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(rollback)))
    }),
  )

/** A sync that died when its rows were in the file, and nothing was committed. */
const uncommitted = (meddling: Meddling) =>
  dying(
    meddling,
    Effect.fnUntraced(function* (a, disk) {
      const insert = (id: number) =>
        sync({ datasets: { a }, writes: { a: { insert: [{ id }, { id: id + 1 }] } }, state: { n: id } })
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } }, state: { n: 1 } })
      disk.arm(null)
      yield* insert(2)
      const commit = disk.changes.findIndex((change) => /^rename .*history.0/.test(change)) + 1
      assert.isAbove(commit, 0)
      yield* rollback
      disk.arm({ on: "changes", at: commit, fault: { kind: "dies" } })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(insert(2))))
    }),
  )

const list = History.use((one) => one.list)
const contentOf = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null)

/** Whoever recovers dies in the middle of each of its steps; who comes next brings it to its end. */
const dyingOnceMore = (cut: typeof cutShort, meddling: Meddling) =>
  Effect.gen(function* () {
    for (let at = 1, isOver = false; !isOver; at++) {
      yield* Effect.gen(function* () {
        const { root, file } = yield* cut(meddling)
        const disk = new FaultyDisk()
        disk.arm({ on: "changes", at, fault: { kind: "tears" } })
        isOver = Exit.isSuccess(yield* Effect.exit(list.pipe(Effect.provide(storeAt(root, disk.layer)))))
        yield* list.pipe(Effect.provide(storeAt(root)))
        assert.strictEqual(contentOf(file), meddling.left, `at ${at}: ${disk.changes.at(-1)}`)
      }).pipe(Effect.scoped)
    }
  })

describe.each([
  ["a sync that died before its commit", uncommitted, "many rows more"],
  ["a rollback that died before its cut", cutShort, "many rows more"],
  ["a rollback that died before its cut", cutShort, "an element more"],
] as const)("%s", (_, cut, name) => {
  it.live(`finds ${name}, and loses none, though who recovers it dies as well`, () =>
    dyingOnceMore(cut, meddlings[name]!),
  )
})

describe.each(Object.entries(meddlings))("a rollback that died before its cut finds %s", (_, meddling) => {
  it.live("and finishes without losing what isn't ours", () =>
    Effect.gen(function* () {
      const { root, file } = yield* cutShort(meddling)
      const [newest] = yield* list.pipe(Effect.provide(storeAt(root)))
      assert.strictEqual(newest!.cause.type, "rollback")
      assert.strictEqual(contentOf(file), meddling.left)
      assert.deepStrictEqual(fs.readdirSync(`${root}/.openislands/journal`), [])
      const [, , id] = fs.readdirSync(`${root}/.openislands/history`)
      const left = fs.readdirSync(`${root}/.openislands/history/${id}`)
      assert.deepStrictEqual(
        left.filter((name) => name.startsWith("behind")),
        [],
        "nothing is kept for it",
      )
    }),
  )
})
