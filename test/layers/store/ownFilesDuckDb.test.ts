import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { duckDbReader } from "../../fixtures/duckDbCsv.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"
import { recordsOf } from "../formats/writing.ts"
import { shapes } from "./ownShapes.ts"

describe("DuckDB reads what our reader reads in a file of the user's with", () => {
  it.live.each(Object.entries(shapes))(
    "%s, after an append and after a rewrite for a new column",
    ([, [content, row]]) =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
        const rows = datasetAt(root, "data/rows.csv", { onDrift: "evolve" })
        const readByDuckDb = yield* Effect.promise(() => duckDbReader(root))
        const agree = Effect.promise(async () => {
          const bytes = fs.readFileSync(rows.file)
          const [header, ...records] = recordsOf(bytes)
          assert.deepEqual(await readByDuckDb(bytes, header!.length), records)
        })
        yield* agree
        yield* Effect.gen(function* () {
          yield* sync({ datasets: { rows }, writes: { rows: { insert: [row, row] } } })
          yield* agree
          yield* sync({ datasets: { rows }, writes: { rows: { insert: [row, { ...row, more: 'x"\r\n' }] } } })
          yield* agree
          yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
          yield* agree
        }).pipe(Effect.provide(storeAt(root)))
      }),
  )
})
