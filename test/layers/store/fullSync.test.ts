import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { History } from "../../../src/services/History.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const insert = (a: SourceDataset, ids: ReadonlyArray<number>, full?: { readonly force: boolean }) =>
  sync({ datasets: { a }, writes: { a: { insert: ids.map((id) => ({ id })) } }, state: { ids }, ...(full && { full }) })

const edit = (file: string, make: (text: string) => string) =>
  fs.writeFileSync(file, make(fs.readFileSync(file, "utf8")))
const execute = (file: string, sql: string) => {
  using db = new DatabaseSync(file)
  db.exec(sql)
}

interface Hand {
  /** A row behind those that were synced. */
  readonly add: (file: string) => void
  /** Another value in a row that was synced. */
  readonly change: (file: string) => void
}

const hands: Readonly<Record<string, Hand>> = {
  csv: {
    add: (file) => fs.appendFileSync(file, "99\n"),
    change: (file) => edit(file, (text) => text.replace("\n2\n", "\n7\n")),
  },
  jsonl: {
    add: (file) => fs.appendFileSync(file, '{"id":99}\n'),
    change: (file) => edit(file, (text) => text.replace('"id":2', '"id":7')),
  },
  json: {
    add: (file) => edit(file, (text) => text.replace("\n]", ',\n{"id":99}\n]')),
    change: (file) => edit(file, (text) => text.replace('"id":2', '"id":7')),
  },
  db: {
    add: (file) => execute(file, "INSERT INTO a VALUES (99)"),
    change: (file) => execute(file, "UPDATE a SET id = 7 WHERE id = 2"),
  },
}

describe.each(Object.entries(hands))("a full sync over %s", (extension, hand) => {
  const inProject = (use: (a: SourceDataset) => Effect.Effect<void, unknown, Services>) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      yield* use(datasetIn(root, extension, "a")).pipe(Effect.provide(storeAt(root)))
    })

  it.live("puts its rows in the place of the connector's own, which the store may have written in many ways", () =>
    inProject((a) =>
      Effect.gen(function* () {
        yield* insert(a, [1, 2])
        yield* insert(a, [3])
        yield* insert(a, [4])
        const { checkpoint_id: undone } = yield* History.use((one) => one.rollback(null, { force: false }))
        yield* History.use((one) => one.rollback(undone, { force: false }))
        const { datasets } = yield* insert(a, [5], { force: false })
        assert.deepStrictEqual(datasets["a"], { output: "a", mode: "replace", rows: 1 })
        yield* insert(a, [6], { force: false })
      }),
    ),
  )

  it.live.each(["add", "change"] as const)("spares rows by hand: %s", (how) =>
    inProject((a) =>
      Effect.gen(function* () {
        yield* insert(a, [1, 2])
        yield* insert(a, [3])
        hand[how](a.file)
        const there = fs.readFileSync(a.file, "latin1")
        const error = yield* Effect.flip(insert(a, [5], { force: false }))
        assert.strictEqual(error._tag, "DatasetChanged")
        assert.match(error.message, /written by hand/)
        assert.strictEqual(fs.readFileSync(a.file, "latin1"), there)
        const { datasets } = yield* insert(a, [5], { force: true })
        assert.deepStrictEqual(datasets["a"], { output: "a", mode: "replace", rows: 1 })
      }),
    ),
  )
})

type Services = Effect.Services<ReturnType<typeof insert>> | History
