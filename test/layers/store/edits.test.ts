import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { tryLock } from "../../../src/layers/store/SqliteLocks.ts"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { History } from "../../../src/services/History.ts"
import { MeddlingDisk } from "../../fixtures/meddlingDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { act, datasetAt, datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const rollback = (id: string | null = null) => History.use((one) => one.rollback(id, { force: false }))

interface Layout {
  readonly source: string
  readonly before: string
  /** A row that comes later. */
  readonly more: Row
  readonly edits: ReadonlyArray<readonly [edit: Edit, after: string]>
}

/** What the user wrote, what is done to it, and what is there then. */
const layouts: Readonly<Record<string, Layout>> = {
  "a CSV with a byte order mark, CRLF and quotes, its last line without an end": {
    source: "data/a.csv",
    before: '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two",2\r\n,3\r\nfour,4',
    more: { id: 9, t: null },
    edits: [
      [{ mode: "delete", match: { id: 2 } }, '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n,3\r\nfour,4'],
      [{ mode: "delete", match: { id: 4 } }, '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two",2\r\n,3'],
      [{ mode: "delete", match: { id: 1 } }, '\ufefft,"id"\r\n"two",2\r\n,3\r\nfour,4'],
      [
        { mode: "update", match: { t: null }, set: { t: 'a "b"\r\nc' } },
        '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two",2\r\n"a ""b""\r\nc",3\r\nfour,4',
      ],
      [
        { mode: "update", match: { id: 4 }, set: { id: 5 } },
        '\ufefft,"id"\r\n"one,\r\nand ""more""",1\r\n\r\n"two",2\r\n,3\r\nfour,5',
      ],
    ],
  },
  "JSON Lines with odd spaces, keys in any order, and no end": {
    source: "data/a.jsonl",
    before: '{ "id" : 1.0,  "t":"one" }\r\n\n  {"t":"two","id":2}\t\n{"id":3}',
    more: { id: 9, t: null },
    edits: [
      [{ mode: "delete", match: { id: 1 } }, '{"t":"two","id":2}\t\n{"id":3}'],
      [{ mode: "delete", match: { id: 2 } }, '{ "id" : 1.0,  "t":"one" }\t\n{"id":3}'],
      [{ mode: "delete", match: { t: null } }, '{ "id" : 1.0,  "t":"one" }\r\n\n  {"t":"two","id":2}'],
      [
        { mode: "update", match: { id: 2 }, set: { t: "new" } },
        '{ "id" : 1.0,  "t":"one" }\r\n\n  {"id":2,"t":"new"}\t\n{"id":3}',
      ],
    ],
  },
  "an array as an editor lays it out": {
    source: "data/a.json",
    before:
      '[\n  {\n    "id": 1,\n    "t": "one"\n  },\n  {\n    "id": 2,\n    "t": "two"\n  },\n  { "id": 3, "t": null } ]\n\n',
    more: { id: 9, t: null },
    edits: [
      [
        { mode: "delete", match: { id: 1 } },
        '[\n  {\n    "id": 2,\n    "t": "two"\n  },\n  { "id": 3, "t": null } ]\n\n',
      ],
      [
        { mode: "delete", match: { id: 3 } },
        '[\n  {\n    "id": 1,\n    "t": "one"\n  },\n  {\n    "id": 2,\n    "t": "two"\n  } ]\n\n',
      ],
      [
        { mode: "update", match: { id: 2 }, set: { t: "new" } },
        '[\n  {\n    "id": 1,\n    "t": "one"\n  },\n  {"id":2,"t":"new"},\n  { "id": 3, "t": null } ]\n\n',
      ],
    ],
  },
  "an array with one row": {
    source: "data/a.json",
    before: '[ {"id":1} ]\n',
    more: { id: 9 },
    edits: [[{ mode: "delete", match: { id: 1 } }, "[ ]\n"]],
  },
  "a CSV of one column, where a blank line is a row": {
    source: "data/a.csv",
    before: "t\na\n\nb\n",
    more: { t: "more" },
    edits: [
      [{ mode: "delete", match: { t: "a" } }, "t\n\nb\n"],
      [{ mode: "delete", match: { t: null } }, "t\na\nb\n"],
      [{ mode: "update", match: { t: "b" }, set: { t: null } }, "t\na\n\n\n"],
    ],
  },
}

for (const [name, { source, before, more, edits }] of Object.entries(layouts)) {
  it.live(`${name}: rows that no edit concerns stay byte for byte`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", [source]: before })
      const a = datasetAt(root, source)
      const read = () => readFileSync(a.file, "utf8")
      yield* Effect.gen(function* () {
        for (const [edit, after] of edits) {
          yield* act([[a, [edit]]])
          assert.strictEqual(read(), after, JSON.stringify(edit))
          const { checkpoint_id } = yield* rollback()
          assert.strictEqual(read(), before)
          yield* rollback(checkpoint_id)
          assert.strictEqual(read(), after)
          // What comes next goes behind it, and can be undone by itself.
          yield* sync({ datasets: { a }, writes: { a: { insert: [more] } } })
          yield* rollback()
          assert.strictEqual(read(), after)
          yield* rollback()
          assert.strictEqual(read(), before)
        }
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
}

/** What a program that saves a file has written of it when half of it is there. */
const halves: Readonly<Record<string, readonly [without: string, broken: string]>> = {
  csv: ["id,t\n", 'id,t\n1,"x'],
  jsonl: ["\n", '{"id":1'],
  json: ["[]", '[{"id":1'],
}

for (const [format, contents] of Object.entries(halves)) {
  it.live(
    `${format}: a file that is only half there is not taken for one where nothing matches, or that is broken`,
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ "manifest.json": "{}" })
        const disk = new MeddlingDisk()
        const a = datasetIn(root, format, "a")
        yield* Effect.gen(function* () {
          yield* sync({ datasets: { a }, writes: { a: { insert: [{ id: 1, t: "x" }] } } })
          const text = readFileSync(a.file, "utf8")
          for (const half of contents) {
            writeFileSync(a.file, text)
            disk.arm("onceLooked", () => writeFileSync(a.file, half))
            const error = yield* act([[a, [{ mode: "delete", match: { id: 1 } }]]]).pipe(Effect.flip)
            assert.isTrue(disk.hasHappened)
            assert.include(error.message, "it is being written at this moment")
            assert.strictEqual(readFileSync(a.file, "utf8"), half)
          }
        }).pipe(Effect.provide(Layer.fresh(storeAt(root, disk.layer))))
      }),
  )
}

for (const format of ["csv", "jsonl", "json"]) {
  it.live(`${format}: what somebody else writes while rows are edited is never lost`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const disk = new MeddlingDisk()
      const a = datasetIn(root, format, "a")
      yield* Effect.gen(function* () {
        const rows = [1, 2].map((id) => ({ id, t: "x" }))
        yield* sync({ datasets: { a }, writes: { a: { insert: rows } } })
        const text = readFileSync(a.file, "utf8")
        const edited = { csv: `${text}9,by hand\n`, jsonl: `${text}{"id":9,"t":"by hand"}\n` }[format]
        const byHand = edited ?? text.replace(/\n\]\n$/, ',\n{"id":9,"t":"by hand"}\n]\n')
        for (const moment of ["whilePouring", "afterKeeping"] as const) {
          writeFileSync(a.file, text)
          disk.arm(moment, () => writeFileSync(a.file, byHand))
          const error = yield* act([[a, [{ mode: "delete", match: { id: 1 } }]]]).pipe(Effect.flip)
          assert.isTrue(disk.hasHappened)
          assert.include(["DatasetChanged", "StoreFailed"], error._tag)
          assert.strictEqual(readFileSync(a.file, "utf8"), byHand)
        }
      }).pipe(Effect.provide(Layer.fresh(storeAt(root, disk.layer))))
    }),
  )
}

it.live("whoever asked for an action may leave: what waits for others is not done, what has begun is", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const disk = new MeddlingDisk()
    const a = datasetIn(root, "csv", "a")
    const home = join(root, ".openislands")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [1, 2, 3].map((id) => ({ id })) } } })
      const remove = (id: number) => Effect.forkChild(act([[a, [{ mode: "delete", match: { id } }]]]))
      const waiting = yield* Effect.andThen(tryLock(join(home, "locks/commit.lock")), remove(1)).pipe(
        Effect.tap(() => Effect.sleep("100 millis")),
        Effect.tap(Fiber.interrupt),
        Effect.scoped,
      )
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
      assert.strictEqual(readFileSync(a.file, "utf8"), "id\n1\n2\n3\n")

      for (const [moment, id, after] of [
        ["onceLooked", 1, "id\n2\n3\n"],
        ["afterKeeping", 2, "id\n3\n"],
      ] as const) {
        disk.arm(moment, () => acting.interruptUnsafe())
        const acting = yield* remove(id)
        yield* Fiber.await(acting)
        assert.isTrue(disk.hasHappened)
        assert.strictEqual(readFileSync(a.file, "utf8"), after)
        assert.deepStrictEqual(readdirSync(join(home, "journal")), [])
        const [newest] = yield* History.use((history) => history.list)
        assert.strictEqual(newest?.cause.type, "action")
      }
    }).pipe(Effect.provide(Layer.fresh(storeAt(root, disk.layer))))
  }),
)

it.live("a table that another program gives a column at that moment is left alone", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const disk = new MeddlingDisk()
    const a = datasetAt(root, "a.db", { name: "a", format: "sqlite", table: "a" })
    const other = (sql: string): void => {
      using database = new DatabaseSync(a.file)
      database.exec(sql)
    }
    other("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)")
    yield* Effect.gen(function* () {
      disk.arm("onceLooked", () => other("ALTER TABLE a ADD COLUMN t TEXT DEFAULT 'x'"))
      const error = yield* act([[a, [{ mode: "insert", rows: [{ id: 2 }] }]]]).pipe(Effect.flip)
      assert.isTrue(disk.hasHappened)
      assert.include(error.message, "another program changed its columns")
      using database = new DatabaseSync(a.file)
      assert.deepStrictEqual(
        database
          .prepare("SELECT id FROM a")
          .all()
          .map(({ id }) => id),
        [1],
      )
    }).pipe(Effect.provide(Layer.fresh(storeAt(root, disk.layer))))
  }),
)

/** Tables that a user made, with all that SQLite lets stand in them. */
const tables: Readonly<Record<string, string>> = {
  "with rowids": "CREATE TABLE a (id INTEGER, t TEXT, x BLOB DEFAULT x'00ff', n INT NOT NULL DEFAULT 7)",
  "with a key of its own": "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, x BLOB, n INT NOT NULL DEFAULT 7)",
  "without rowids":
    "CREATE TABLE a (t TEXT, id INT, x BLOB, n INT NOT NULL DEFAULT 7, PRIMARY KEY (t, id)) WITHOUT ROWID",
  "with text that ignores case": "CREATE TABLE a (id INTEGER, t TEXT COLLATE NOCASE, x BLOB, n INT NOT NULL DEFAULT 7)",
  "with a trigger": `CREATE TABLE a (id INTEGER, t TEXT, x BLOB, n INT NOT NULL DEFAULT 7);
    CREATE TABLE log (what); CREATE TRIGGER u AFTER UPDATE ON a BEGIN INSERT INTO log VALUES (old.id); END`,
}

for (const [name, sql] of Object.entries(tables)) {
  it.live(`a table ${name}: only the rows and columns concerned are written, and come back as they were`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const a = datasetIn(root, "db", "a")
      mkdirSync(dirname(a.file))
      const open = () => new DatabaseSync(a.file)
      {
        using db = open()
        db.exec(`${sql};
          INSERT INTO a (id, t, x, n) VALUES (1, 'a', x'0102', 1), (2, 'A', 'text', 2), (3, 'b', 1.5, 3), (40, 'a', NULL, 4)`)
      }
      const order = name === "without rowids" ? "t, id" : "rowid"
      const look = () => {
        using db = open()
        return db
          .prepare(`SELECT id, t, quote(x) AS x, n${order === "rowid" ? ", rowid" : ""} FROM a ORDER BY ${order}`)
          .all()
          .map((row) => Object.fromEntries(Object.entries(row)))
      }
      const before = look()
      yield* Effect.gen(function* () {
        const done = yield* act([
          [
            a,
            [
              { mode: "delete", match: { t: "a", n: 4 } },
              { mode: "update", match: { t: "a" }, set: { n: 70, t: "c" } },
              { mode: "update", match: { n: 70 }, set: { id: 11 } },
              { mode: "insert", rows: [{ id: 5, t: "new" }] },
            ],
          ],
        ])
        assert.deepStrictEqual(done.datasets, { a: { mode: "update", rows: 3 } })
        const after = look()
        assert.deepStrictEqual(
          after.map(({ id, t, n, x }) => [id, t, n, x]).toSorted((one, two) => Number(one[0]) - Number(two[0])),
          [
            [2, "A", 2, "'text'"],
            [3, "b", 3, "1.5"],
            [5, "new", 7, "NULL"],
            [11, "c", 70, "X'0102'"],
          ],
        )
        const { checkpoint_id } = yield* rollback()
        assert.deepStrictEqual(look(), before)
        yield* rollback(checkpoint_id)
        assert.deepStrictEqual(look(), after)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
}

it.live("a row by hand in a table that is edited stays there when the edit is undone", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetIn(root, "db", "a")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { insert: [1, 2].map((id) => ({ id, t: "x" })) } } })
      yield* act([[a, [{ mode: "delete", match: { id: 2 } }]]])
      {
        using db = new DatabaseSync(join(root, "data/all.db"))
        db.exec("INSERT INTO a (rowid, id, t) VALUES (9, 9, 'by hand')")
      }
      yield* rollback()
      using db = new DatabaseSync(join(root, "data/all.db"))
      const ids = db.prepare("SELECT id FROM a ORDER BY rowid").all()
      assert.deepStrictEqual(
        ids.map(({ id }) => id),
        [1, 2, 9],
      )
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
