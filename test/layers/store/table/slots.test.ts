import { Buffer } from "node:buffer"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import fc from "fast-check"
import { expect, it } from "vitest"
import { dumpRows } from "../../../../src/layers/store/table/dump.ts"
import { restoreRows } from "../../../../src/layers/store/table/restore.ts"
import { memory } from "./tables.ts"

const columns = ["n INTEGER", "t TEXT", "b BLOB", "r REAL", "d DATE", "any"]

/** A value to bind, and whether its bytes are meant as text. */
const cell = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.maxSafeInteger().map(BigInt),
  fc.double({ noNaN: true }),
  fc.constantFrom<SQLInputValue>(-0, Infinity, -Infinity, null, "", "\0", "1e3", " 12 ", "00123", "\ufffd", "\ufeffa"),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array({ maxLength: 6 }),
)
const bytes = fc.uint8Array({ maxLength: 6 })
const rows = fc.array(fc.tuple(...columns.map(() => fc.oneof(cell, fc.record({ bytes })))), { maxLength: 6 })
type Rows = typeof rows extends fc.Arbitrary<infer A> ? A : never

const isText = (cell: unknown): cell is { bytes: Uint8Array } =>
  typeof cell === "object" && cell !== null && "bytes" in cell

const fill = (db: DatabaseSync, table: string, rows: Rows, key: (at: number) => SQLInputValue) => {
  for (const [at, cells] of rows.entries()) {
    const places = cells.map((cell) => (isText(cell) ? "CAST(? AS TEXT)" : "?"))
    const values = cells.map((cell) => (isText(cell) ? cell.bytes : cell))
    db.prepare(`INSERT INTO ${table} VALUES (${["?", ...places].join()})`).run(key(at), ...values)
  }
}

/** As SQLite itself tells it, byte by byte. */
const told = (db: DatabaseSync, rowid: string) => {
  const cells = columns
    .map((column) => column.split(" ")[0])
    .flatMap((c) => [`typeof(${c})`, `quote(${c})`, `hex(CAST(${c} AS BLOB))`])
  return db.prepare(`SELECT ${[rowid, ...cells].join()} FROM x ORDER BY 1`).all()
}

it.each([
  ["of rowids", `CREATE TABLE x (k, ${columns.join()})`, "CAST(rowid AS TEXT)"],
  [
    "of rowids, in UTF-16",
    `PRAGMA encoding = 'UTF-16le'; CREATE TABLE x (k, ${columns.join()})`,
    "CAST(rowid AS TEXT)",
  ],
  ["with a key of their own", `CREATE TABLE x (k TEXT PRIMARY KEY, ${columns.join()}) WITHOUT ROWID`, "k"],
  ["with any key", `CREATE TABLE x (k PRIMARY KEY, ${columns.join()}) WITHOUT ROWID`, "k"],
])("cells of any class come back into columns of any type as they were: rows %s", async (_, sql, rowid) => {
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), async (rows, late) => {
      const db = memory(sql)
      fill(db, "x", rows, (at) => (late ? `k\ufffd${9 - at}` : at))
      if (rows.length > 2 && rowid !== "k")
        db.exec("DELETE FROM x WHERE rowid = 2; UPDATE x SET rowid = -9007199254740993 WHERE rowid = 3")
      const before = told(db, rowid)
      const lines = [...dumpRows(db, "x", "all")]
      expect(lines.slice(1).map((line) => JSON.parse(line) as unknown)).toHaveLength(before.length)
      db.exec("DELETE FROM x")
      await restoreRows(db, "x", lines)
      expect(told(db, rowid)).toEqual(before)
      expect([...dumpRows(db, "x", "all")]).toEqual(lines)
    }),
    { numRuns: 200 },
  )
})

it("text that isn't UTF-8 comes back by its bytes, also as a key", async () => {
  const db = memory("CREATE TABLE x (k TEXT, v TEXT, PRIMARY KEY (k)) WITHOUT ROWID")
  db.exec("INSERT INTO x VALUES (CAST(x'61ff' AS TEXT), CAST(x'c328' AS TEXT)), ('plain', CAST(x'610062' AS TEXT))")
  const read = () => db.prepare("SELECT hex(k) AS k, hex(v) AS v FROM x").all()
  const before = read()
  const [header, ...lines] = dumpRows(db, "x", ['["plain"]', '[{"text":"Yf8="}]'])
  expect(lines).toEqual(['["plain","a\\u0000b"]', '[{"text":"Yf8="},{"text":"wyg="}]'])
  db.exec("DELETE FROM x")
  await restoreRows(db, "x", [header!, ...lines])
  expect(read()).toEqual(before)
})

it("the header tells how to make the table anew, its indexes and triggers too", () => {
  const statements = [
    'CREATE TABLE "T x"(a, -- why\n b AS (a) )',
    'CREATE INDEX "i x" ON "T x" (a DESC)',
    'CREATE TRIGGER tr AFTER INSERT ON "T x" BEGIN SELECT 1; END',
  ]
  const db = memory(statements.join(";"))
  db.exec('CREATE TABLE other (a); CREATE INDEX oi ON other (a); CREATE VIEW v AS SELECT * FROM "T x"')
  const [header] = dumpRows(db, "t X", "all")
  expect(JSON.parse(header!)).toEqual({ schema: statements, columns: ["a"], withoutRowid: false })
})

it.each([
  ["no header", []],
  ["a header of something else", ["{}"]],
  ["a line cut short", ['{"schema":[],"columns":["a"],"withoutRowid":false}', '[1,"te']],
  ["a row of too few cells", ['{"schema":[],"columns":["a"],"withoutRowid":false}', "[1]"]],
  ["a cell of no kind", ['{"schema":[],"columns":["a"],"withoutRowid":false}', '[1,{"what":"x"}]']],
])("a slot with %s is damaged", async (_, lines) => {
  const db = memory("CREATE TABLE x (a)")
  await expect(restoreRows(db, "x", lines)).rejects.toMatchObject({ _tag: "TableRefusal", kind: "damaged" })
})

it("a blob is base64 and an integer beyond the safe ones its digits", () => {
  const db = memory("CREATE TABLE x (a, b, c)")
  db.prepare("INSERT INTO x VALUES (?, ?, ?)").run(Buffer.from([1, 255]), 2n ** 53n, 1)
  db.exec("INSERT INTO x VALUES (9e999, -9e999, 7)")
  expect([...dumpRows(db, "x", "all")].slice(1)).toEqual([
    '[1,{"blob":"Af8="},{"int":"9007199254740992"},[1]]',
    '[2,{"real":"inf"},{"real":"-inf"},7]',
  ])
})

it("zero keeps its sign", async () => {
  const db = memory("CREATE TABLE x (a)")
  db.prepare("INSERT INTO x VALUES (?)").run(-0)
  const lines = [...dumpRows(db, "x", "all")]
  db.exec("DELETE FROM x")
  await restoreRows(db, "x", lines)
  expect(db.prepare("SELECT a FROM x").get()!["a"]).toBe(-0)
})

it("rows don't come back into a table that would make others of them", async () => {
  const lines = [...dumpRows(memory("CREATE TABLE x (a); INSERT INTO x VALUES ('00123')"), "x", "all")]
  const conflict = { _tag: "TableRefusal", kind: "conflict" }
  for (const sql of ["x (a INTEGER)", "x (b)", "x (a PRIMARY KEY) WITHOUT ROWID", "x (a CHECK (a < 5))"]) {
    await expect(restoreRows(memory(`CREATE TABLE ${sql}`), "x", lines)).rejects.toMatchObject(conflict)
  }
})
