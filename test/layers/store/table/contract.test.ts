import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Column, ColumnType } from "../../../../src/services/domain/Contract.ts"
import { isDate, isTimestamp } from "../../../../src/layers/formats/calendar.ts"
import { checkTable } from "../../../../src/layers/store/table/check.ts"
import { inferTable } from "../../../../src/layers/store/table/infer.ts"
import { readTable } from "../../../../src/layers/store/table/read.ts"
import { shapeOf } from "../../../../src/layers/store/table/shape.ts"
import { column, memory } from "./tables.ts"

const inferred = (declared: string, values: string) => {
  const db = memory(`CREATE TABLE t (${declared}); INSERT INTO t VALUES ${values}`)
  const { contract } = inferTable(db, "T")
  expect(checkTable(db, "t", contract!)).toBeNull()
  return contract!.columns[0]
}

describe("a column that the user brought", () => {
  it.each<[declared: string, values: string, ColumnType, Partial<Column>]>([
    ["a", "(1), (2)", "integer", {}],
    ["a BOOLEAN", "(1), (0)", "boolean", {}],
    ["a BOOLEAN", "(1), (2)", "integer", {}],
    ["a", "(1), (2.5)", "number", {}],
    ["a REAL", "(1)", "number", {}],
    ["a REAL", "(1.7976931348623157e308), (-1.7976931348623157e308)", "number", {}],
    ["a REAL", "(9e999)", "string", { mixed: true }],
    ["a", "('x'), (NULL)", "string", { optional: true }],
    ["a TEXT", "('2024-02-29')", "date", {}],
    ["a TEXT", "('2024-02-30')", "string", {}],
    ["a TEXT", "('2024-02-29'), ('2024-02-29 10:00'), ('2024-02-29T10:00:00.123456+05:30')", "timestamp", {}],
    ["a TEXT", "('2024-02-29'), ('2024-02-29T10:00:00Z' || char(0) || 'x')", "string", {}],
    ["a TEXT", "('2024-02-29'), ('soon')", "string", {}],
    ["a JSON", "('{\"a\":1}'), (5), (NULL)", "json", { optional: true }],
    ["a JSON", "('{'), ('x')", "string", {}],
    ["a TEXT", "('{}')", "string", {}],
    ["a", "(x'00')", "string", { mixed: true }],
    ["a", "(1), ('x')", "string", { mixed: true }],
    ["a", "(NULL)", "unknown", { optional: true }],
    ["a VARCHAR(9)", "(NULL)", "string", { optional: true }],
    ["a BIGINT", "(NULL)", "integer", { optional: true }],
    ["a DECIMAL(9,2)", "(NULL)", "number", { optional: true }],
    ["a DATETIME", "(NULL)", "timestamp", { optional: true }],
    ["a INTEGER PRIMARY KEY", "(1)", "integer", { optional: true }],
    ["a TEXT NOT NULL", "('x')", "string", {}],
    ["a TEXT NOT NULL DEFAULT 'y'", "('x')", "string", { optional: true }],
  ])("%s with %s is %s", (declared, values, type, more) => {
    expect(inferred(declared, values)).toEqual(column("a", type, { optional: false, ...more }))
  })

  it("has no contract without rows, and none where its names cannot be told apart", () => {
    expect(inferTable(memory("CREATE TABLE t (a)"), "t")).toEqual({ rows: 0, issue: null, contract: null })
    const same = inferTable(memory('CREATE TABLE t ("É", "é"); INSERT INTO t VALUES (1, 2)'), "t")
    expect(same).toMatchObject({ rows: 1, contract: null, issue: { column: "é" } })
    expect(inferTable(memory('CREATE TABLE t (""); INSERT INTO t VALUES (1)'), "t").issue).toMatchObject({ column: "" })
  })
})

it("text is a date or a timestamp exactly where the other formats say so", () => {
  const digits = fc.stringMatching(
    /^[0-2]\d\d\d-[01]\d-[0-3]\d([T ][0-2]\d:[0-6]\d(:[0-6]\d(\.\d{1,4})?)?(Z|[+-][0-2]\d:\d\d)?)?$/,
  )
  const text = fc.oneof(
    digits,
    digits.map((text) => `${text} `),
    digits.map((text) => ` ${text}`),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (text) => {
      const db = memory("CREATE TABLE t (a TEXT COLLATE RTRIM)")
      db.prepare("INSERT INTO t VALUES (?)").run(text)
      expect(inferTable(db, "t").contract!.columns[0]!.type).toBe(
        isDate(text) ? "date" : isTimestamp(text) ? "timestamp" : "string",
      )
      const fits = (type: ColumnType) => checkTable(db, "t", { columns: [column("a", type)] }) === null
      expect([fits("date"), fits("timestamp")]).toEqual([isDate(text), isDate(text) || isTimestamp(text)])
    }),
    { numRuns: 1500 },
  )
})

describe("a changed table", () => {
  it.each<[ColumnType, string, object]>([
    ["string", "(5)", { row: 2, expected: "string", got: "5" }],
    ["string", "(x'00')", { row: 2, got: "a blob of 1 bytes" }],
    ["integer", "(5.5)", { row: 2, got: "5.5" }],
    ["integer", "('5')", { row: 2, got: '"5"' }],
    ["number", "(9e999)", { row: 2, got: "Infinity" }],
    ["boolean", "(2)", { row: 2 }],
    ["boolean", "('1')", { row: 2 }],
    ["boolean", "(x'31')", { row: 2 }],
    ["number", "('1')", { row: 2 }],
    ["number", "(x'31')", { row: 2 }],
    ["date", "(CAST('2024-02-20' AS BLOB))", { row: 2 }],
    ["date", "(2460000.5)", { row: 2 }],
    ["date", "('2024-02-30')", { row: 2 }],
    ["timestamp", "('soon')", { row: 2, got: '"soon"' }],
    ["timestamp", "(5)", { row: 2, got: "5" }],
    ["json", "('{')", { row: 2, got: '"{"' }],
    ["unknown", "(1)", { row: 2 }],
  ])("has a cell that is no %s", (type, value, issue) => {
    const db = memory(`CREATE TABLE t (a); INSERT INTO t VALUES (NULL), (NULL), ${value}, (NULL), ${value}`)
    expect(checkTable(db, "t", { columns: [column("a", type)] })).toMatchObject({ column: "a", ...issue })
  })

  it("lacks a column, or has a new one", () => {
    const db = memory("CREATE TABLE t (a, b, c AS (a))")
    expect(checkTable(db, "t", { columns: [column("A", "string"), column("b", "string")] })).toBeNull()
    const lacking = { columns: ["a", "b", "d"].map((name) => column(name, "string")) }
    expect(checkTable(db, "t", lacking)).toMatchObject({ column: "d", got: "none" })
    expect(checkTable(db, "t", { columns: [column("a", "string")] })).toMatchObject({
      column: "b",
      got: "a new column",
    })
  })

  it("takes whole numbers in a column of reals for integers", () => {
    const db = memory("CREATE TABLE t (a REAL); INSERT INTO t VALUES (5), (-9007199254740994)")
    const columns = [column("a", "integer")]
    expect(checkTable(db, "t", { columns })).toBeNull()
    expect([...readTable(db, "t", { columns })]).toEqual([[{ a: 5 }, { a: -9007199254740994n }]])
  })
})

it("rows are read in the order of their keys, in batches, mixed cells as they are", () => {
  const db = memory("CREATE TABLE t (k TEXT, v, PRIMARY KEY (k DESC)) WITHOUT ROWID")
  db.exec("INSERT INTO t VALUES ('a', 1), ('c', x'0aff'), ('b', 'x')")
  const columns = [column("v", "string", { mixed: true }), column("K", "string")]
  expect([...readTable(db, "t", { columns })]).toEqual([
    [
      { v: "0AFF", K: "c" },
      { v: "x", K: "b" },
      { v: 1, K: "a" },
    ],
  ])
  db.exec(
    "CREATE TABLE many (a INTEGER PRIMARY KEY); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2500) INSERT INTO many SELECT i FROM n",
  )
  expect([...readTable(db, "many", { columns: [column("a", "integer")] })].map(({ length }) => length)).toEqual([
    1000, 1000, 500,
  ])
})

describe("the shape of a table", () => {
  it("is found by its name in any case, and told from what cannot be written", () => {
    const db = memory(
      'CREATE TABLE "Ta""b" (a); CREATE VIEW v AS SELECT 1 AS a; CREATE VIRTUAL TABLE f USING fts5(x); CREATE TABLE h (rowid, _rowid_, oid); CREATE TABLE s (a INTEGER PRIMARY KEY AUTOINCREMENT)',
    )
    db.exec("CREATE TEMP TABLE only (a)")
    expect(shapeOf(db, 'tA"B')).toMatchObject({ name: 'Ta"b', kind: "table", rowid: "rowid" })
    expect(["v", "f", "f_data", "h", "sqlite_sequence"].map((name) => shapeOf(db, name)?.kind)).toEqual([
      "view",
      "virtual",
      "virtual",
      "virtual",
      "virtual",
    ])
    expect(["only", "nope", "", "v "].map((name) => shapeOf(db, name))).toEqual([null, null, null, null])
  })

  it("has the columns that hold values", () => {
    const db = memory(
      "CREATE TABLE t (b INT NOT NULL DEFAULT 5, a TEXT, g TEXT AS (a), PRIMARY KEY (a, b)) WITHOUT ROWID, STRICT",
    )
    expect(shapeOf(db, "t")).toMatchObject({
      columns: [
        { name: "b", declared: "INT", notNull: true, fallback: "5", key: 2, affinity: "INTEGER" },
        { name: "a", declared: "TEXT", notNull: true, fallback: null, key: 1, affinity: "TEXT" },
      ],
      withoutRowid: true,
      strict: true,
      rowid: null,
      rowidColumn: null,
    })
    expect(shapeOf(memory("CREATE TABLE t (rowid TEXT, id INTEGER PRIMARY KEY)"), "t")).toMatchObject({
      rowidColumn: "id",
    })
    expect(shapeOf(memory("CREATE TABLE t (id INTEGER PRIMARY KEY DESC)"), "t")).toMatchObject({ rowidColumn: null })
  })
})
