import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const leftovers = { insert: { insert: [{ id: 2 }] }, replace: { replace: [{ id: 2 }] } }

it.live.each(Object.entries(leftovers))(
  "what was left over where an undo of a sync by %s keeps rows gives way, though it be the file itself",
  ([, write]) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const rows = datasetAt(root, "rows.csv")
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [{ id: 1 }] } } })
        const before = fs.readFileSync(rows.file, "utf8")
        const { checkpoint_id: id } = yield* sync({ datasets: { rows }, writes: { rows: write } })
        const after = fs.readFileSync(rows.file, "utf8")
        fs.linkSync(rows.file, join(root, ".openislands/history", id!, "after-0"))
        const undo = yield* History.use((history) => history.rollback(null, { force: false }))
        assert.strictEqual(fs.readFileSync(rows.file, "utf8"), before)
        yield* History.use((history) => history.rollback(undo.checkpoint_id, { force: false }))
        assert.strictEqual(fs.readFileSync(rows.file, "utf8"), after)
      }).pipe(Effect.provide(storeAt(root)))
    }),
)
