import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { History } from "../../../src/services/History.ts"
import { MeddlingDisk } from "../../fixtures/meddlingDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, open, storeAt, sync } from "../../fixtures/store.ts"

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))

/** What the user wrote, what was upserted into it, and what is there then. */
const layouts: Readonly<Record<string, { source: string; before: string; rows: Rows; after: string }>> = {
  "a CSV with a byte order mark, CRLF and quotes, its last line without an end": {
    source: "data/a.csv",
    before: '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two" , 2\r\n,3\r\nfour,4'.replace('"two" , 2', '"two",2'),
    rows: [
      { id: 3, t: "three\r\nlines" },
      { id: 2, t: "two" },
      { id: 5, t: "five" },
      { id: 4, t: null },
    ],
    after: '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two",2\r\n"three\r\nlines",3\r\n,4\r\nfive,5\r\n',
  },
  "JSON Lines with odd spaces, keys in any order, and no end": {
    source: "data/a.jsonl",
    before: '{ "id" : 1.0,  "t":"one" }\r\n\n  {"t":"two","id":2}\t\n{"id":3,"t":"three"}',
    rows: [
      { id: 2, t: "new" },
      { id: 1, t: "one" },
      { id: 4, t: "four" },
    ],
    after: '{ "id" : 1.0,  "t":"one" }\r\n\n  {"id":2,"t":"new"}\t\n{"id":3,"t":"three"}\n{"id":4,"t":"four"}\n',
  },
  "an array as an editor lays it out": {
    source: "data/a.json",
    before: '[\n  {\n    "id": 1,\n    "t": "one"\n  },\n  {\n    "id": 2,\n    "t": "two"\n  }\n]\n\n',
    rows: [
      { id: 2, t: "new" },
      { id: 3, t: "three" },
    ],
    after: '[\n  {\n    "id": 1,\n    "t": "one"\n  },\n  {"id":2,"t":"new"},\n{"id":3,"t":"three"}\n]\n\n',
  },
}

for (const [name, { source, before, rows, after }] of Object.entries(layouts)) {
  it.live(`${name}: what isn't upserted stays byte for byte`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", [source]: before })
      const a = datasetAt(root, source)
      const read = () => readFileSync(a.file, "utf8")
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { a }, writes: { a: { upsert: rows } } })
        assert.strictEqual(read(), after)
        const again = yield* sync({ datasets: { a }, writes: { a: { upsert: rows } } })
        assert.isNull(again.checkpoint_id)
        const { checkpoint_id } = yield* rollback()
        assert.strictEqual(read(), before)
        yield* rollback(checkpoint_id)
        assert.strictEqual(read(), after)
        // An edit behind the rows survives the undo.
        if (source.endsWith(".json")) return
        const edit = source.endsWith(".csv") ? "nine,9\r\n" : '{"id":9,"t":"nine"}\n'
        appendFileSync(a.file, edit)
        yield* rollback(null, true)
        assert.include(read(), edit)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
}

it.live("only new keys are appended, and the history keeps nothing of what was there", () =>
  Effect.gen(function* () {
    const before = Array.from({ length: 1000 }, (_, id) => `${id},row ${id}\n`).join("")
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.csv": `id,t\n${before}` })
    const a = datasetAt(root, "data/a.csv")
    const { checkpoint_id } = yield* sync({
      datasets: { a },
      writes: {
        a: {
          upsert: [
            { id: 3, t: "row 3" },
            { id: 1000, t: "new" },
          ],
        },
      },
    }).pipe(Effect.provide(storeAt(root)))
    assert.strictEqual(readFileSync(a.file, "utf8"), `id,t\n${before}1000,new\n`)
    const kept = readdirSync(join(root, ".openislands/history", checkpoint_id!))
    assert.notInclude(kept, "before-0")
  }),
)

for (const format of ["csv", "jsonl", "json"]) {
  it.live(`${format}: what somebody else adds while rows are matched is an error, or there, and never lost`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const disk = new MeddlingDisk()
      const a = datasetIn(root, format, "a")
      yield* Effect.gen(function* () {
        yield* sync({
          datasets: { a },
          writes: {
            a: {
              insert: [
                { id: 1, t: "x" },
                { id: 2, t: "x" },
              ],
            },
          },
        })
        const text = readFileSync(a.file, "utf8")
        const more = { csv: `${text}9,by hand\n`, jsonl: `${text}{"id":9,"t":"by hand"}\n`, json: "" }[format]!
        const edited = format === "json" ? text.replace(/\n\]\n$/, ',\n{"id":9,"t":"by hand"}\n]\n') : more
        const moments = [
          { moment: "whilePouring", rows: [{ id: 1, t: "new" }] },
          { moment: "whilePouring", rows: [{ id: 7, t: "new" }] },
          { moment: "afterKeeping", rows: [{ id: 1, t: "new" }] },
        ] as const
        for (const { moment, rows } of moments) {
          writeFileSync(a.file, text)
          disk.arm(moment, () => writeFileSync(a.file, edited))
          const error = yield* sync({ datasets: { a }, writes: { a: { upsert: rows } } }).pipe(Effect.flip)
          assert.isTrue(disk.hasHappened)
          assert.include(["DatasetChanged", "StoreFailed"], error._tag)
          assert.strictEqual(readFileSync(a.file, "utf8"), edited)
        }
      }).pipe(Effect.provide(Layer.fresh(storeAt(root, disk.layer))))
    }),
  )
}

it.live("a table keeps its rowids, its defaults, and what the contract says nothing of", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/all.db": "" })
    const a = datasetIn(root, "db", "a")
    const look = () => {
      using db = new DatabaseSync(a.file)
      return JSON.parse(JSON.stringify(db.prepare("SELECT * FROM a").all())) as unknown
    }
    {
      using db = new DatabaseSync(a.file)
      db.exec(`CREATE TABLE a (n INTEGER PRIMARY KEY, mail TEXT UNIQUE COLLATE NOCASE, seen TEXT NOT NULL DEFAULT 'no',
        size AS (length(mail)));
        CREATE TABLE child (a REFERENCES a ON DELETE CASCADE);
        INSERT INTO a (n, mail, seen) VALUES (5, 'x@y', 'yes'), (7, 'z@y', 'yes'); INSERT INTO child VALUES (5), (7)`)
    }
    yield* Effect.gen(function* () {
      const before = look()
      const keys = { a: ["mail"] }
      const upsert = (rows: Rows) => sync({ datasets: { a }, writes: { a: { upsert: rows } }, keys })
      const { upserted } = yield* upsert([
        { mail: "x@y", seen: null, n: null },
        { mail: "new", seen: "!", n: 20 },
      ])
      assert.deepStrictEqual(upserted, { a: { new: 1, changed: 1, unchanged: 0 } })
      const after = [
        { n: 5, mail: "x@y", seen: "no", size: 3 },
        { n: 7, mail: "z@y", seen: "yes", size: 3 },
        { n: 20, mail: "new", seen: "!", size: 3 },
      ]
      assert.deepStrictEqual(look(), after)
      const again = yield* upsert([{ mail: "x@y", seen: null, n: null }])
      assert.isNull(again.checkpoint_id)
      assert.deepStrictEqual(again.upserted, { a: { new: 0, changed: 0, unchanged: 1 } })
      // Where null is a default, or the row's own number, it is what is there.
      const both = yield* upsert([
        { mail: "x@y", seen: null, n: null },
        { mail: "z@y", seen: "no", n: null },
      ])
      assert.deepStrictEqual(both.upserted, { a: { new: 0, changed: 1, unchanged: 1 } })
      yield* rollback()
      // The table itself takes these for one.
      const error = yield* upsert([{ mail: "X@y", seen: "no", n: 8 }]).pipe(Effect.flip)
      assert.strictEqual(error._tag, "RowRefused")
      const { checkpoint_id } = yield* rollback()
      assert.deepStrictEqual(look(), before)
      yield* rollback(checkpoint_id)
      assert.deepStrictEqual(look(), after)
      using db = new DatabaseSync(a.file)
      assert.lengthOf(db.prepare("SELECT * FROM child").all(), 2)
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("a row that the table refuses is told by its place in the output and its key, whatever came twice", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/all.db": "" })
    const a = datasetIn(root, "db", "a")
    {
      using db = new DatabaseSync(a.file)
      db.exec("CREATE TABLE a (id INTEGER, mail TEXT UNIQUE); INSERT INTO a VALUES (1, 'x'), (2, 'y')")
    }
    yield* Effect.gen(function* () {
      const rows = [
        { id: 3, mail: "z" },
        { id: 3, mail: "zz" },
        { id: 4, mail: "q" },
        { id: 4, mail: "x" },
        { id: 5, mail: "w" },
      ]
      for (const write of [{ upsert: rows }, { insert: rows.slice(1) }]) {
        const error = yield* sync({ datasets: { a }, writes: { a: write } }).pipe(Effect.flip)
        const row = "upsert" in write ? 3 : 2
        assert.deepInclude(error, { _tag: "RowRefused", row, key: "id 4", column: "mail" })
        assert.match(
          error.message,
          new RegExp(`^dataset "a" refuses row ${row + 1} \\(id 4\\) of output "a", column "mail": `),
        )
      }
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("so is one that Parquet cannot hold, wherever in the file it would have gone", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "parquet", "a")
    yield* Effect.gen(function* () {
      const fitting = [1, 2, 3].map((id) => ({ id, n: id }))
      yield* sync({ datasets: { a }, writes: { a: { insert: fitting } } })
      const huge = { id: 9, n: 2n ** 70n }
      for (const rows of [
        [{ id: 8, n: 1 }, { id: 8, n: 2 }, huge],
        [{ id: 3, n: 7 }, { id: 8, n: 1 }, huge],
        [{ id: 8, n: 1 }, { ...huge, n: 1 }, huge],
      ]) {
        const error = yield* sync({ datasets: { a }, writes: { a: { upsert: rows } } }).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "RowRefused", row: 2, key: "id 9", column: "n" })
      }
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("a checkpoint from before upserts were counted says nothing of them, and is undone", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.csv": "id,t\n1,x\n" })
    const a = datasetAt(root, "data/a.csv")
    yield* Effect.gen(function* () {
      const { checkpoint_id } = yield* sync({
        datasets: { a },
        writes: {
          a: {
            upsert: [
              { id: 1, t: "y" },
              { id: 2, t: "y" },
            ],
          },
        },
      })
      const plan = join(root, ".openislands/history", checkpoint_id!, "plan.json")
      const { upserted, ...old } = JSON.parse(readFileSync(plan, "utf8")) as Readonly<Record<string, unknown>>
      assert.deepStrictEqual(upserted, { a: { new: 1, changed: 1, unchanged: 0 } })
      writeFileSync(plan, JSON.stringify(old))
      assert.deepStrictEqual((yield* History.use((one) => one.list))[0]!.upserted, {})
      // Which of them were new nobody knows: what there was is put back.
      assert.deepStrictEqual((yield* rollback()).turned, {
        a: { new: 0, changed: 2, removed: 0, checkpoints: 1, grown: null, began: false, since: checkpoint_id! },
      })
      assert.strictEqual(readFileSync(a.file, "utf8"), "id,t\n1,x\n")
    }).pipe(Effect.provide(Layer.fresh(storeAt(root))))
  }),
)

it.live("rows of a table that were edited by hand since keep an upsert of them from being undone", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "db", "a")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [1, 2, 3].map((id) => ({ id, t: "x" })) } } })
      yield* sync({ datasets: { a }, writes: { a: { upsert: [{ id: 2, t: "y" }] } } })
      const edit = (sql: string) => {
        using db = new DatabaseSync(a.file)
        db.exec(sql)
      }
      edit("UPDATE a SET t = 'z' WHERE id = 2")
      assert.strictEqual((yield* rollback().pipe(Effect.flip))._tag, "CannotUndo")
      edit("UPDATE a SET t = 'y' WHERE id = 2; UPDATE a SET t = 'z' WHERE id = 3")
      yield* rollback()
      // What was edited, though nothing of the upsert, keeps a full sync from dropping it.
      yield* sync({ datasets: { a }, writes: { a: { upsert: [{ id: 2, t: "y" }] } } })
      const full = { datasets: { a }, writes: { a: { upsert: [{ id: 1, t: "x" }] } }, full: { force: false } }
      assert.strictEqual((yield* sync(full).pipe(Effect.flip))._tag, "DatasetChanged")
      edit("UPDATE a SET t = 'x' WHERE id = 3")
      yield* sync(full)
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

it.live("what a guest writes once a part is being committed doesn't reach it", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetAt(root, "data/a.jsonl")
    const disk = new MeddlingDisk()
    const staging = join(root, ".openislands/staging/c")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 0, t: "x" }] } }, state: { n: 1 } })
      disk.arm("afterKeeping", () => {
        // By the descriptor that it still has.
        for (const run of readdirSync(staging))
          appendFileSync(join(staging, run, "rows-0"), '{"id":666,"t":"forged"}\n')
      })
      const parts = { datasets: { a }, earlier: [{ writes: { a: { insert: [{ id: 1, t: "x" }] } }, state: { n: 2 } }] }
      const error = yield* open({ ...parts, writes: { a: { insert: [{ id: 2, t: "x" }] } } }).pipe(
        Effect.flatMap(({ commit }) => commit),
        Effect.scoped,
        Effect.flip,
      )
      assert.isTrue(disk.hasHappened)
      assert.strictEqual(error._tag, "StagingCorrupt")
      assert.strictEqual(readFileSync(a.file, "utf8"), '{"id":0,"t":"x"}\n{"id":1,"t":"x"}\n')
      assert.deepStrictEqual(readdirSync(dirname(staging)), [])
    }).pipe(Effect.provide(storeAt(root, disk.layer)))
  }),
)
