import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { act, datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

it.live("more edits of a table at once than SQLite takes in one chain, or binds", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "db", "a")
    const rows = Array.from({ length: 1100 }, (_, id) => ({ id, ...wide(id) }))
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [...rows, { id: -1, ...wide(-1) }] } } })
      const byId = rows.map(({ id }): Edit => ({ mode: "update", match: { id }, set: { c0: id + 1 } }))
      assert.deepEqual((yield* act([[a, byId]])).datasets, { a: { mode: "update", rows: 1100 } })
      const byAll = rows.map(({ id, ...rest }): Edit => ({ mode: "delete", match: { id, ...rest, c0: id + 1 } }))
      assert.deepEqual((yield* act([[a, byAll]])).datasets, { a: { mode: "delete", rows: 1100 } })
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

const wide = (id: number): Row => Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`c${at}`, id]))

it.live("a dataset in which nothing changed is not in the history, whatever it is called", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [a, b] = [datasetAt(root, "data/constructor.csv"), datasetAt(root, "data/b.csv")]
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a, b }, writes: { a: { insert: [{ id: 1 }] }, b: { insert: [{ id: 1 }] } } })
      yield* act([
        [a, [{ mode: "delete", match: { id: 2 } }]],
        [b, [{ mode: "insert", rows: [{ id: 2 }] }]],
      ])
      const [newest] = yield* History.use((history) => history.list)
      assert.deepEqual(newest!.datasets, { b: { mode: "insert", rows: 1 } })
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
