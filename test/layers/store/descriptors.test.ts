import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import { setImmediate } from "node:timers/promises"
import { DatabaseSync } from "node:sqlite"
import { Disk, layer as nodeDisk } from "../../../src/layers/store/Disk.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { act, datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const listed = "/proc/self/fd"

/** Files of a project that this process has open; what is being closed gets the time for that. */
const openIn = async (root: string): Promise<ReadonlyArray<string>> => {
  let open: ReadonlyArray<string> = []
  for (let turn = 0; turn < 1000; turn++) {
    open = fs.readdirSync(listed).flatMap((name) => {
      try {
        return [fs.readlinkSync(`${listed}/${name}`)].filter((file) => file.startsWith(root))
      } catch {
        return []
      }
    })
    if (open.every((file) => file.endsWith(".lock"))) return []
    await setImmediate()
  }
  return open
}

/** Of what is poured the first bytes are written, then the disk is full. */
const full = Layer.effect(
  Disk,
  Disk.use((disk) =>
    Effect.succeed({
      ...disk,
      pour: (file, content) =>
        file.endsWith(".amended")
          ? disk.pour(file, async function* () {
              for await (const chunk of content()) {
                yield chunk
                throw Object.assign(new Error("full"), { code: "ENOSPC" })
              }
            })
          : disk.pour(file, content),
    }),
  ),
).pipe(Layer.provide(nodeDisk))

describe.skipIf(!fs.existsSync(listed))("no file stays open", () => {
  it.live("when a table refuses rows", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/notes.txt": "" })
      const a = datasetIn(root, "db", "a")
      {
        using db = new DatabaseSync(a.file)
        db.exec("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (0)")
        db.exec("CREATE TRIGGER more AFTER INSERT ON a WHEN new.id = 1 BEGIN INSERT INTO a VALUES (2); END")
      }
      const write = sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
      const error = yield* Effect.flip(write).pipe(Effect.provide(storeAt(root)))
      assert.strictEqual(error._tag, "RowRefused")
      assert.deepEqual(yield* Effect.promise(() => openIn(root)), [])
    }),
  )

  it.live("when rows that were kept are none any more", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetIn(root, "db", "a")
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
        const { checkpoint_id } = yield* sync({ datasets: { a }, writes: { a: { replace: [{ id: 2 }] } } })
        fs.writeFileSync(`${root}/.openislands/history/${checkpoint_id}/before-0`, "not what was kept\n[1]\n")
        const error = yield* Effect.flip(History.use((one) => one.rollback(null, { force: false })))
        assert.strictEqual(error._tag, "CannotUndo")
      }).pipe(Effect.provide(storeAt(root)))
      assert.deepEqual(yield* Effect.promise(() => openIn(root)), [])
    }),
  )

  it.live("when the disk is full while a file is edited", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 100_000 }, (_, id) => `${id},x\n`).join("")
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.csv": `id,name\n${rows}` })
      const a = datasetAt(root, "data/a.csv")
      const edit = act([[a, [{ mode: "update", match: { id: 5 }, set: { name: "y" } }]]])
      const error = yield* Effect.flip(edit).pipe(Effect.provide(storeAt(root, full)))
      assert.deepInclude(error, { _tag: "StoreFailed" as const, code: "ENOSPC" })
      assert.deepEqual(yield* Effect.promise(() => openIn(root)), [])
    }),
  )
})
