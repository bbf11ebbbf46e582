import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import { Disk, layer as nodeDisk } from "../../../src/layers/store/Disk.ts"
import { lastRollbacks } from "../../../src/layers/store/rollbacks.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rollback = History.use((one) => one.rollback(null, { force: false }))

/** Another process prunes the history: the first checkpoint that is read was listed, and is gone by then. */
const pruned = Layer.effect(
  Disk,
  Disk.use((disk) => {
    let done = false
    return Effect.succeed({
      ...disk,
      read: (file) => {
        const directory = dirname(file)
        if (basename(file) === "plan.json" && !done) {
          done = true
          fs.renameSync(directory, join(dirname(directory), `.${basename(directory)}`))
        }
        return disk.read(file)
      },
    })
  }),
).pipe(Layer.provide(nodeDisk))

it.live("a checkpoint that another process forgets while it is read is no damage", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetAt(root, "data/a.csv")
    const known = new Map()
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 2 }] } }, state: { n: 1 } })
      yield* rollback
    }).pipe(Effect.provide(storeAt(root)))
    const home = join(root, ".openislands")
    assert.deepEqual([...(yield* lastRollbacks(home, known).pipe(Effect.provide(pruned))).keys()], ["c"])
    assert.strictEqual(known.size, 2)
    const oldest = fs.readdirSync(join(home, "history")).find((name) => !name.startsWith("."))
    fs.rmSync(join(home, "history", oldest!), { recursive: true })
    yield* lastRollbacks(home, known).pipe(Effect.provide(nodeDisk))
    assert.strictEqual(known.size, 1, "what is no longer kept is not remembered")
  }),
)
