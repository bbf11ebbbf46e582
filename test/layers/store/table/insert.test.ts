import { describe, expect, it } from "vitest"
import type { Column, ColumnType } from "../../../../src/services/domain/Contract.ts"
import { createTable } from "../../../../src/layers/store/table/declare.ts"
import { insertRows } from "../../../../src/layers/store/table/insert.ts"
import { readTable } from "../../../../src/layers/store/table/read.ts"
import { checkTable } from "../../../../src/layers/store/table/check.ts"
import { bring, column, doAgain, memory, staged, stateOf, takeBack } from "./tables.ts"

const odd = '__proto__ "x" ü'
const all: ReadonlyArray<Column> = [
  column("string", "string"),
  column("integer", "integer"),
  column("number", "number"),
  column("boolean", "boolean"),
  column("date", "date"),
  column("timestamp", "timestamp"),
  column("json", "json"),
  column("__proto__", "string"),
  column("toString", "integer"),
  column(odd, "string"),
]
const rows: ReadonlyArray<object> = [
  {
    string: "00123",
    integer: 2n ** 63n - 1n,
    number: 5,
    boolean: true,
    date: "2024-02-29",
    timestamp: "2024-02-29T10:00Z",
    json: { a: [1, 2n ** 70n, null] },
    ["__proto__"]: "p",
    [odd]: "o",
  },
  { string: "\0a\ufffd", integer: -(2n ** 63n), number: 1e300, boolean: false, json: "123", timestamp: "2024-02-29" },
  { integer: 7, number: -0.5, json: 123, toString: 1 },
  { json: false },
]
const nulls = Object.fromEntries(all.map(({ name }) => [name, null]))

it("rows of every type read back as they were", async () => {
  const db = memory()
  createTable(db, "t", { columns: all })
  await insertRows(db, "t", { columns: all }, staged(rows))
  const back = [...readTable(db, "t", { columns: all })].flat()
  expect(back.map((row) => Object.entries(row))).toEqual(rows.map((row) => Object.entries({ ...nulls, ...row })))
  expect(checkTable(db, "t", { columns: all })).toBeNull()
  const classes = db.prepare('SELECT typeof("json") AS j, typeof("number") AS n, typeof("string") AS s FROM t').all()
  expect(classes.slice(0, 3)).toEqual([
    { j: "text", n: "real", s: "text" },
    { j: "text", n: "real", s: "text" },
    { j: "text", n: "real", s: "null" },
  ])
})

it("also in a STRICT table", async () => {
  const db = memory("CREATE TABLE t (_ ANY) STRICT")
  const kept = await bring(db, { table: "t", columns: all, rows })
  expect(kept!.unit.added.map(({ declared }) => declared)).toEqual([
    "TEXT",
    "INTEGER",
    "REAL",
    "INTEGER",
    "TEXT",
    "TEXT",
    "TEXT",
    "TEXT",
    "INTEGER",
    "TEXT",
  ])
  expect([...readTable(db, "t", { columns: all })].flat()).toHaveLength(4)
  expect(checkTable(db, "t", { columns: [...all, column("_", "unknown")] })).toBeNull()
})

const insertKeys = async (sql: string, keys: ReadonlyArray<number | string>) => {
  const db = memory(sql)
  const columns = [column("k", typeof keys[0] === "string" ? "string" : "integer")]
  const { keys: inserted } = await insertRows(db, "t", { columns }, staged(keys.map((k) => ({ k }))))
  return inserted
}

it("tells which rows it inserted, by ranges of rowids or by key", async () => {
  expect(await insertKeys("CREATE TABLE t (k); INSERT INTO t VALUES (0), (1)", [9, 8, 7])).toEqual(["[3,5]"])
  expect(await insertKeys("CREATE TABLE t (k INTEGER PRIMARY KEY)", [9, 1, 3, 2, 10])).toEqual(["[1,3]", "[9,10]"])
  expect(await insertKeys("CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID", ["b", "a"])).toEqual(['["b"]', '["a"]'])
  expect(await insertKeys("CREATE TABLE t (k INTEGER PRIMARY KEY DESC)", [9, 8])).toEqual(["[1,2]"])
})

it("null is a column's default where it must not be null", async () => {
  const db = memory("CREATE TABLE t (a, b NOT NULL DEFAULT (1 + 1), c TEXT NOT NULL DEFAULT word, d DEFAULT 5)")
  const columns = ["a", "b", "c", "d"].map((name) => column(name, name === "c" ? "string" : "integer"))
  await insertRows(db, "t", { columns }, staged([{ a: 1 }, { a: 2, b: 3, c: "x", d: 4 }]))
  expect(db.prepare("SELECT * FROM t").all()).toEqual([
    { a: 1, b: 2, c: "word", d: null },
    { a: 2, b: 3, c: "x", d: 4 },
  ])
})

describe("a row is refused", () => {
  it.each<[string, ColumnType, unknown, object]>([
    ["a UNIQUE", "integer", 1, { column: "a", detail: "UNIQUE constraint failed: t.a" }],
    ["a NOT NULL", "integer", null, { column: "a" }],
    ["a CHECK (a > 0)", "integer", -1, { column: null }],
    ["a INTEGER PRIMARY KEY ON CONFLICT REPLACE", "integer", 1, { column: "a" }],
    ["a", "integer", 2n ** 63n, { column: "a" }],
    ["a INTEGER PRIMARY KEY", "string", "x", { column: null, detail: "datatype mismatch" }],
    ["a INTEGER", "string", "00123", { column: "a" }],
    ["a DECIMAL(9,2)", "string", " 1e3 ", { column: "a" }],
    ["a TEXT", "integer", 5, { column: "a" }],
    ["a TEXT", "number", 5.5, { column: "a" }],
    ["a TEXT", "boolean", true, { column: "a" }],
    ["a REAL", "integer", 2n ** 53n + 1n, { column: "a" }],
    ["a, b, CONSTRAINT c CHECK (a <> 5)", "integer", 5, { detail: "CHECK constraint failed: c" }],
  ])("by %s (%s)", async (declared, type, a, facts) => {
    const db = memory(`CREATE TABLE t (${declared})`)
    const columns = [column("a", type)]
    const first = type === "integer" ? 1 : type === "number" ? 1.5 : null
    if (type === "integer" && !declared.includes("TEXT")) db.prepare("INSERT INTO t (a) VALUES (?)").run(first)
    const before = stateOf(db, "t")
    const refused = bring(db, { table: "t", columns, rows: [{ a }] })
    await expect(refused).rejects.toMatchObject({ _tag: "RefusedRow", row: 0, ...facts })
    expect(stateOf(db, "t")).toEqual(before)
  })

  it.each([
    [
      "refuses it",
      "BEFORE INSERT ON t WHEN NEW.a = 2 BEGIN SELECT RAISE(ABORT, 'no twos'); END",
      { row: 1, detail: "no twos" },
    ],
    ["ignores it", "BEFORE INSERT ON t WHEN NEW.a = 2 BEGIN SELECT RAISE(IGNORE); END", { row: 1 }],
    ["removes others", "AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 100; END", { row: null }],
    ["adds others", "AFTER INSERT ON t WHEN NEW.a < 50 BEGIN INSERT INTO t VALUES (NEW.a + 50); END", { row: null }],
    ["makes something else of it", "AFTER INSERT ON t BEGIN UPDATE t SET a = 'x' WHERE a = 2; END", { column: "a" }],
    ["cannot be run", "AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (1); END", { row: null }],
  ])("where a trigger %s", async (_, trigger, facts) => {
    const db = memory(`CREATE TABLE t (a); INSERT INTO t VALUES (100); CREATE TRIGGER tr ${trigger}`)
    const refused = bring(db, { table: "t", columns: [column("a", "integer")], rows: [{ a: 1 }, { a: 2 }] })
    await expect(refused).rejects.toMatchObject({ _tag: "RefusedRow", ...facts })
    expect(stateOf(db, "t")).toHaveLength(2)
  })

  it("when it isn't what its contract says, whoever staged it", async () => {
    const db = memory("CREATE TABLE t (a)")
    for (const [type, row] of [
      ["date", { a: "soon" }],
      ["integer", { a: "1" }],
      ["string", { a: 1 }],
      ["string", { b: "" }],
    ] as const) {
      const refused = bring(db, { table: "t", columns: [column("a", type)], rows: [row] })
      await expect(refused).rejects.toMatchObject({ _tag: "RefusedRow", row: 0 })
    }
  })

  it("a word for text that was made of it is no reason", async () => {
    const db = memory("CREATE TABLE t (d DATE, j JSON, n NUMERIC)")
    const columns = [column("d", "date"), column("j", "json"), column("n", "string")]
    const written = [
      { d: "2024-01-01", j: 12, n: "12 Main St" },
      { d: null, j: "12", n: null },
      { d: null, j: { a: 1 }, n: "0x1F" },
    ]
    await bring(db, { table: "t", columns, rows: written })
    expect([...readTable(db, "t", { columns })].flat()).toEqual(written)
  })
})

describe("replace", () => {
  const columns = [column("id", "integer"), column("name", "string")]
  const written = [
    { id: 1, name: "a" },
    { id: 2, name: null },
  ]

  it("with the same rows in the same order changes nothing, rowids neither", async () => {
    const db = memory("CREATE TABLE t (id, name); INSERT INTO t (rowid, id, name) VALUES (7, 1, 'a'), (9, 2, NULL)")
    const before = stateOf(db, "t")
    expect(await bring(db, { table: "t", mode: "replace", columns, rows: written })).toBeNull()
    expect(stateOf(db, "t")).toEqual(before)
  })

  it("in any order changes nothing where rows have none", async () => {
    const db = memory("CREATE TABLE t (id PRIMARY KEY, name) WITHOUT ROWID; INSERT INTO t VALUES (1, 'a'), (2, NULL)")
    expect(await bring(db, { table: "t", mode: "replace", columns, rows: written.toReversed() })).toBeNull()
    const kept = await bring(db, { table: "t", mode: "replace", columns, rows: [{ id: 3 }, written[0]!] })
    expect(kept).toMatchObject({ keys: ["[3]", "[1]"] })
  })

  it.each([
    ["another order", written.toReversed()],
    ["another value", [{ id: 1, name: "b" }, written[1]!]],
    ["fewer rows", written.slice(1)],
    ["another type", [{ id: 1.5, name: "a" }, written[1]!]],
  ])("with %s is a change that can be undone", async (_, rows) => {
    const db = memory("CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'a'), (2, NULL)")
    const before = stateOf(db, "t")
    const kept = await bring(db, { table: "t", mode: "replace", columns: [column("id", "number"), columns[1]!], rows })
    expect(stateOf(db, "t")).toHaveLength(rows.length + 1)
    await takeBack(db, kept!)
    expect(stateOf(db, "t")).toEqual(before)
  })
})

it("columns that become json have their cells written as JSON, and get them back", async () => {
  const db = memory("CREATE TABLE t (a TEXT, b BOOLEAN, c INTEGER, d TEXT); CREATE INDEX i ON t (a)")
  db.exec("INSERT INTO t (rowid, a, b, c, d) VALUES (5, '00\"', 1, 3, 'x'), (9, NULL, 0, NULL, '1')")
  const before = stateOf(db, "t")
  const types: ReadonlyArray<ColumnType> = ["string", "boolean", "integer"]
  const d = column("d", "string")
  const previous = { columns: [...types.map((type, at) => column("abc"[at]!, type)), d] }
  const columns = [...["a", "b", "c"].map((name) => column(name, "json")), d]
  const kept = (await bring(db, { table: "t", columns, previous, rows: [{ a: { x: 1 }, b: "y", c: [], d: "z" }] }))!
  expect([...readTable(db, "t", { columns })].flat()).toEqual([
    { a: '00"', b: true, c: 3, d: "x" },
    { a: null, b: false, c: null, d: "1" },
    { a: { x: 1 }, b: "y", c: [], d: "z" },
  ])
  expect(kept).toMatchObject({ unit: { replaced: true, rows: 3 }, keys: ["[5,5]", "[9,10]"] })
  expect(checkTable(db, "t", { columns })).toBeNull()
  const after = stateOf(db, "t")
  await takeBack(db, kept)
  expect(stateOf(db, "t")).toEqual(before)
  await doAgain(db, kept)
  expect(stateOf(db, "t")).toEqual(after)
})
