import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"

/** Bytes that this process has asked of files, or given to them, however it reaches them: SQLite too. */
const moved = (): number => {
  const io = fs.readFileSync("/proc/self/io", "latin1")
  return ["rchar", "wchar"].reduce((sum, name) => sum + Number(new RegExp(`${name}: (\\d+)`).exec(io)![1]), 0)
}

/** Bytes that an effect moves. */
const cost = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const before = moved()
  yield* effect
  return moved() - before
})

const count = 8_000
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ id: from + at, note: "x".repeat(2_000) }))
/** Of sixteen megabytes and more. */
const dataset = count * 2_000
const hundred = 100 * 2_000

describe.skipIf(!fs.existsSync("/proc/self/io")).each(["csv", "jsonl", "json", "db"])("rows in %s", (extension) => {
  it.live("are inserted and undone for what they weigh, whatever the dataset does", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetIn(root, extension, "a")
      const insert = (from: number, to: number) =>
        sync({ datasets: { a }, writes: { a: { insert: rows(from, to) } }, state: { from } })
      const undo = History.use((one) => one.rollback(null, { force: false }))
      yield* Effect.gen(function* () {
        yield* insert(0, count)
        assert.isAtLeast(fs.statSync(a.file).size, dataset)
        // What comes after an undo must not have to look at everything again either.
        for (let round = 0; round < 3; round++) {
          const inserted = yield* cost(insert(count, count + 100))
          const undone = yield* cost(undo)
          assert.isBelow(inserted, dataset / 4, `insert ${round}`)
          assert.isBelow(undone, dataset / 4, `undo ${round}`)
          assert.isAtLeast(inserted, hundred)
        }
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})
