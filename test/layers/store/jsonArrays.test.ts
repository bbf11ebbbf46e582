import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { History } from "../../../src/services/History.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { rowsOf } from "../../conformance/datasetStore/scenario.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const insert = (a: SourceDataset, id: number) =>
  sync({ datasets: { a }, writes: { a: { insert: [{ id }] } }, state: { id } })
const rollback = (id: string | null, force: boolean) => History.use((one) => one.rollback(id, { force }))
const textOf = (a: SourceDataset) => fs.readFileSync(a.file, "utf8")

describe.each(["", "\n", "\uFEFF \r\n"])("an array that somebody emptied: %j", (blank) => {
  it.live("takes rows again, and an undo leaves it as it was then", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetAt(root, "data/a.json")
      yield* Effect.gen(function* () {
        yield* insert(a, 1)
        fs.writeFileSync(a.file, blank)
        assert.deepStrictEqual(yield* rowsOf(a), [])
        yield* insert(a, 2)
        assert.deepStrictEqual(yield* rowsOf(a), [{ id: 2 }])
        yield* rollback(null, false)
        assert.strictEqual(textOf(a), blank)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

/** What there was, and where somebody put an element once two syncs had each inserted one; `N` is the edit. */
const starts: Readonly<Record<string, string>> = {
  "no file": "",
  "an empty array": "[]",
  "an empty array over two lines": "[\r\n]\r\n",
  "an array": '[{"id":0}]',
  "an array of the user's layout, with a mark": '\uFEFF[\r\n  { "id": 0 }\r\n]\r\n',
  "a long blank end": `[{"id":0}]${" ".repeat(70_000)}\n`,
}

describe.each(Object.entries(starts))("over %s", (_, start) => {
  it.live.each([1, 2])("an element put last stays when %i syncs are undone by force", (undone) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", ...(start === "" ? {} : { "data/a.json": start }) })
      const a = datasetAt(root, "data/a.json")
      yield* Effect.gen(function* () {
        const before = start === "" ? [] : yield* rowsOf(a)
        const ids = [(yield* insert(a, 1)).checkpoint_id, (yield* insert(a, 2)).checkpoint_id]
        const text = textOf(a)
        const at = text.lastIndexOf("}") + 1
        fs.writeFileSync(a.file, `${text.slice(0, at)},\n\n  { "id": 9 }${text.slice(at)}`)
        const target = ids[2 - undone]!
        assert.strictEqual((yield* Effect.flip(rollback(target, false)))._tag, "DatasetChanged")
        yield* rollback(target, true)
        const left = [...before, ...(undone === 2 ? [] : [{ id: 1 }]), { id: 9 }]
        assert.deepStrictEqual(JSON.parse(textOf(a).replace("\uFEFF", "")), left)
        yield* insert(a, 3)
        assert.deepStrictEqual(yield* rowsOf(a), [...left, { id: 3 }])
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live("an element put first, or between, keeps the rows behind it from being undone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", ...(start === "" ? {} : { "data/a.json": start }) })
      const a = datasetAt(root, "data/a.json")
      yield* Effect.gen(function* () {
        yield* insert(a, 1)
        yield* insert(a, 2)
        const text = textOf(a)
        for (const edited of [text.replace("[", '[{"id":9},'), text.replace('{"id":2}', '{"id":9},\n{"id":2}')]) {
          fs.writeFileSync(a.file, edited)
          assert.strictEqual((yield* Effect.flip(rollback(null, true)))._tag, "CannotUndo")
          assert.strictEqual(textOf(a), edited)
        }
        fs.writeFileSync(a.file, text)
        // The bytes are the store's again, but nothing tells that of what was there before it came.
        yield* rollback(null, true)
        yield* rollback(null, true)
        assert.strictEqual(fs.existsSync(a.file) ? textOf(a) : "", start)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

it.live.each(["", "\n", "\n}\n"])(
  "the end of an array that somebody made %j is no end that an undo leaves alone",
  (end) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetAt(root, "data/a.json")
      yield* Effect.gen(function* () {
        yield* insert(a, 1)
        const first = textOf(a)
        for (const id of [2, 3]) {
          yield* insert(a, id)
          const text = textOf(a)
          fs.writeFileSync(a.file, text.replace(/\n\]\n$/, end))
          const error = yield* Effect.flip(rollback(null, false))
          assert.deepInclude(error, { _tag: "DatasetChanged" as const, detail: "the end of its array was edited" })
          fs.writeFileSync(a.file, text)
          yield* rollback(null, false)
          assert.strictEqual(textOf(a), first)
        }
      }).pipe(Effect.provide(storeAt(root)))
    }),
)

it.live("a file of gigabytes that is no array is told so, and not read for its end", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.json": '{"id":0}' })
    const a = datasetAt(root, "data/a.json")
    fs.truncateSync(a.file, 3 * 2 ** 30)
    const error = yield* insert(a, 1).pipe(Effect.flip, Effect.provide(storeAt(root)))
    assert.strictEqual(error._tag, "DatasetMalformed")
    assert.include(error.message, "a.json:1")
  }),
)
