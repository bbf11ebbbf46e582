import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync, existsSync, appendFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const history = {
  rollback: (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force })),
  list: History.use((one) => one.list),
}

for (const format of ["csv", "jsonl"]) {
  const source = `data/a.${format}`
  it.live(`${format}: sync, sync, undo, undo, redo, redo are each byte for byte what they were`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetAt(root, source)
      const read = () => (existsSync(a.file) ? readFileSync(a.file, "utf8") : null)
      yield* Effect.gen(function* () {
        const first = yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1, t: "x" }] } }, state: { n: 1 } })
        assert.isNotNull(first.checkpoint_id)
        const one = read()
        const same = yield* sync({ datasets: { a }, writes: { a: { insert: [] } }, state: { n: 1 } })
        assert.isNull(same.checkpoint_id)
        const second = yield* sync({
          datasets: { a },
          writes: { a: { insert: [{ id: 2, t: null }] } },
          state: { n: 2 },
        })
        const two = read()
        assert.notStrictEqual(one, two)
        const third = yield* sync({ datasets: { a }, writes: { a: { replace: [{ id: 7, t: "r" }] } }, state: { n: 3 } })
        const three = read()
        assert.deepStrictEqual((yield* history.rollback()).undone, [third.checkpoint_id!])
        assert.strictEqual(read(), two)
        const back = yield* history.rollback()
        assert.deepStrictEqual(back.undone, [second.checkpoint_id!])
        assert.strictEqual(read(), one)
        assert.deepStrictEqual(JSON.parse(readFileSync(join(root, ".openislands/state/c.json"), "utf8")), { n: 1 })
        yield* history.rollback()
        assert.isNull(read())
        assert.isFalse(existsSync(join(root, ".openislands/state/c.json")))
        assert.isFalse(existsSync(join(root, ".openislands/contracts/a.json")))
        const nothing = yield* history.rollback().pipe(Effect.flip)
        assert.strictEqual(nothing._tag, "NothingToUndo")
        const redo = yield* history.rollback(back.checkpoint_id)
        assert.strictEqual(read(), two)
        assert.deepStrictEqual(redo.redone, [first.checkpoint_id, second.checkpoint_id!])
        const all = yield* history.list
        assert.deepStrictEqual(
          all.filter(({ undoneBy, cause }) => undoneBy === null && cause.type === "sync").map((c) => c.checkpoint_id),
          [second.checkpoint_id, first.checkpoint_id],
        )
        yield* history.rollback(all.find((c) => c.cause.type === "rollback" && c.undoneBy === null)!.checkpoint_id)
        assert.isNotNull(three)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live(`${format}: rows behind ours survive a forced undo; an edit before them forbids it`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetAt(root, source)
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
        const one = readFileSync(a.file, "utf8")
        yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 2 }] } } })
        const tail = format === "csv" ? "3\n" : '{"id":3}\n'
        appendFileSync(a.file, tail)
        const refused = yield* history.rollback().pipe(Effect.flip)
        assert.strictEqual(refused._tag, "DatasetChanged")
        yield* history.rollback(null, true)
        assert.strictEqual(readFileSync(a.file, "utf8"), one + tail)
        yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 4 }] } } })
        writeFileSync(a.file, readFileSync(a.file, "utf8").replace("1", "1001"))
        assert.strictEqual((yield* history.rollback(null, true).pipe(Effect.flip))._tag, "CannotUndo")
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
}

it.live("a user's file keeps its BOM, line ends, header order and missing final newline", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.csv": '\uFEFFb,a\r\n"x,1",1\r\ny,2' })
    const a = datasetAt(root, "data/a.csv")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ a: 3, b: "z" }] } } })
      assert.strictEqual(readFileSync(a.file, "utf8"), '\uFEFFb,a\r\n"x,1",1\r\ny,2\r\nz,3\r\n')
      yield* history.rollback()
      assert.strictEqual(readFileSync(a.file, "utf8"), '\uFEFFb,a\r\n"x,1",1\r\ny,2')
      const drift = yield* sync({ datasets: { a }, writes: { a: { insert: [{ a: "3", c: 1 }] } } }).pipe(Effect.flip)
      assert.strictEqual(drift._tag, "SchemaDrift")
      assert.strictEqual(readFileSync(a.file, "utf8"), '\uFEFFb,a\r\n"x,1",1\r\ny,2')
      assert.deepStrictEqual(readdirSync(join(root, ".openislands/staging")), [])
      assert.deepStrictEqual(readdirSync(join(root, "data")), ["a.csv"])
      const evolving = datasetAt(root, "data/a.csv", { onDrift: "evolve" })
      yield* sync({ datasets: { a: evolving }, writes: { a: { insert: [{ a: 4, b: "q", c: 1 }] } } })
      assert.strictEqual(readFileSync(a.file, "utf8"), '\uFEFFb,a,c\r\n"x,1",1,\r\ny,2,\r\nq,4,1\r\n')
      yield* history.rollback()
      assert.strictEqual(readFileSync(a.file, "utf8"), '\uFEFFb,a\r\n"x,1",1\r\ny,2')
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("two tables of one database in one transaction, the first larger than what SQLite keeps in memory", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    yield* Effect.gen(function* () {
      const [a, b] = [datasetIn(root, "db", "a"), datasetIn(root, "db", "b")]
      const text = "text ".repeat(40)
      const many = Array.from({ length: 20_000 }, (_, id) => ({ id, text }))
      const insert = sync({ datasets: { a, b }, writes: { a: { insert: many }, b: { insert: [{ id: 1 }] } } })
      yield* insert
      const { datasets } = yield* insert
      assert.deepStrictEqual([datasets["a"]?.rows, datasets["b"]?.rows], [20_000, 1])
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
