import { describe, expect, it } from "vitest"
import type { Codec, Column, ColumnType, Contract, OnDrift } from "../../../src/services/domain/Contract.ts"
import { recheck } from "../../../src/layers/formats/drift.ts"
import { write } from "./writing.ts"

const column = (name: string, type: ColumnType, more: Partial<Column> = {}): Column => ({
  name,
  type,
  optional: false,
  ...more,
})
const of = (...columns: Array<Column>): Contract => ({ columns })
const none = { added: [], missing: [], retyped: [] }

describe("the first rows settle", () => {
  it.each([
    [[1, 2], "integer", {}, {}],
    [[1, 2.5], "number", {}, {}],
    [["2024-01-01", "2024-01-01T10:00"], "timestamp", {}, {}],
    [["2024-01-01", "x"], "string", {}, {}],
    [["2024-02-30"], "string", {}, {}],
    [[new Date(0), "2024-01-01"], "timestamp", {}, {}],
    [[true, null], "boolean", { optional: true }, {}],
    [[null, undefined], "unknown", { optional: true }, {}],
    [[{ a: 1 }, [1]], "json", {}, {}],
    [[1, "x"], "string", { mixed: true }, { type: "json" }],
    [[true, 1], "string", { mixed: true }, { type: "json" }],
    [[1, "2024-01-01"], "string", { mixed: true }, { type: "json" }],
    [[{ a: 1 }, "x"], "string", { mixed: true }, { type: "json" }],
    [[5n, 1.5], "number", {}, {}],
  ] as Array<[Array<unknown>, ColumnType, object, { type?: ColumnType }]>)("%o as %s", (cells, type, more, jsonl) => {
    const rows = cells.map((v) => ({ v }))
    expect(write(rows).report.contract).toEqual(of(column("v", type, more)))
    const json = write(rows, { codec: "jsonl" }).report.contract.columns[0]!
    expect([json.type, json.mixed]).toEqual([jsonl.type ?? type, undefined])
  })

  it("a column that some row lacks as optional", () => {
    const { report } = write([{ a: 1, b: 1 }, { a: 2 }, { a: 3, b: 3, c: 4 }])
    expect(report.contract.columns.map((found) => found.optional)).toEqual([false, true, true])
    expect(report.changes).toEqual([])
  })
})

describe("drift", () => {
  const contract = of(
    column("id", "integer"),
    column("name", "string"),
    column("at", "date"),
    column("note", "string", { optional: true }),
  )

  it("is gathered over the whole sync, each with the first row that showed it", () => {
    const rows = [
      { id: 1, name: "a" },
      { id: "x", name: 5, extra: true },
      { id: "y", name: "b", extra: false, more: 1.5 },
    ]
    const { report } = write(rows, { contract })
    expect(report.drift).toEqual({
      added: [
        { column: "extra", type: "boolean", row: 1 },
        { column: "more", type: "number", row: 2 },
      ],
      missing: [{ column: "at" }],
      retyped: [
        { column: "id", expected: "integer", got: "string", row: 1, value: '"x"' },
        { column: "name", expected: "string", got: "integer", row: 1, value: "5" },
      ],
    })
    expect(report.contract).toBe(contract)
    expect(report.changes).toEqual([])
    expect(report.rows).toBe(3)
  })

  it.each([
    ["integer", 1, "fits"],
    ["integer", 1.5, "widens"],
    ["number", 70, "fits"],
    ["number", "70", "string"],
    ["boolean", 1, "integer"],
    ["date", "2024-01-01", "fits"],
    ["date", "2024-01-01T00:00", "timestamp"],
    ["timestamp", "2024-01-01", "fits"],
    ["timestamp", "soon", "string"],
    ["string", "2024-01-01", "fits"],
    ["string", 1, "integer"],
    ["string", { a: 1 }, "json"],
    ["json", "anything", "fits"],
    ["unknown", "x", "settles"],
    ["integer", null, "fits"],
  ] as Array<[ColumnType, unknown, string]>)("of a column of type %s with %j: %s", (type, v, outcome) => {
    const { report } = write([{ v }], { contract: of(column("v", type)) })
    if (outcome === "fits") expect([report.drift, report.changes]).toEqual([none, []])
    else if (outcome === "widens") {
      expect(report.changes).toEqual([{ column: "v", change: "widened", from: "integer", to: "number" }])
    } else if (outcome === "settles") {
      expect(report.changes).toEqual([{ column: "v", change: "settled", from: "unknown", to: "string" }])
    } else {
      const value = typeof v === "object" ? {} : { value: JSON.stringify(v) }
      expect(report.drift.retyped).toEqual([{ column: "v", expected: type, got: outcome, row: 0, ...value }])
    }
    expect(report.contract.columns[0]!.optional).toBe(v === null)
  })

  it("isn't in a mixed column of a CSV, nor in an empty sync, nor in a column that may be absent", () => {
    const mixed = of(column("v", "string", { mixed: true }))
    expect(write([{ v: 1 }, { v: true }, { v: { a: 1 } }, { v: "x" }], { contract: mixed }).report.drift).toEqual(none)
    expect(write([], { contract }).report.drift).toEqual(none)
    expect(write([{ id: 1, name: "a", at: null }], { contract }).report.drift).toEqual(none)
  })

  it("under evolve goes through and is reported", () => {
    const { report, text } = write([{ id: 1.5, name: 5, note: null, extra: true }], { contract, onDrift: "evolve" })
    expect(report.drift).toEqual(none)
    expect(report.changes).toEqual([
      { column: "id", change: "widened", from: "integer", to: "number" },
      { column: "name", change: "widened", from: "string", to: "string" },
      { column: "at", change: "missing", from: "date", to: null },
      { column: "extra", change: "added", from: null, to: "boolean" },
    ])
    expect(report.contract).toEqual(
      of(
        column("id", "number"),
        column("name", "string", { mixed: true }),
        column("at", "date", { optional: true }),
        column("note", "string", { optional: true }),
        column("extra", "boolean", { optional: true }),
      ),
    )
    expect(text).toBe("id,name,at,note,extra\n1.5,5,,,true\n")
  })

  it.each([
    ["csv", "date", "2024-01-01T00:00", { type: "timestamp" }],
    ["csv", "date", "soon", { type: "string" }],
    ["csv", "integer", "x", { type: "string", mixed: true }],
    ["jsonl", "integer", "x", { type: "json" }],
    ["jsonl", "string", 1, { type: "json" }],
    ["csv", "boolean", { a: 1 }, { type: "string", mixed: true }],
  ] as Array<[Codec, ColumnType, unknown, Partial<Column>]>)("evolves in %s from %s by %j", (codec, type, v, to) => {
    const { report } = write([{ v }], { codec, contract: of(column("v", type)), onDrift: "evolve" })
    expect(report.contract).toEqual(of({ name: "v", optional: false, type: "unknown", ...to }))
  })

  it("in a segment under evolve: later rows are longer than the header", () => {
    const { report, text } = write([{ a: 1 }, { a: 2, b: 3 }], {
      contract: of(column("a", "integer")),
      columns: ["a"],
      mode: "segment",
      onDrift: "evolve",
    })
    expect(text).toBe("1\n2,3\n")
    expect(report).toMatchObject({ headerColumns: 1, grown: true })
  })
})

const again = (
  rows: Array<object>,
  was: Contract | null,
  now: Contract | null,
  onDrift: OnDrift = "reject",
  codec: Codec = "csv",
) => {
  const { report } = write(rows, { codec, contract: was, onDrift })
  return recheck({ columns: report.columns, rows: report.rows, contract: now, codec, onDrift }, was)
}

describe("rows judged again", () => {
  it("under an unchanged contract say the same", () => {
    for (const onDrift of ["reject", "evolve"] as const) {
      const contract = of(column("a", "integer"), column("b", "string"))
      const rows = [
        { a: 1, b: "x" },
        { a: 2.5, b: "y" },
      ]
      const { drift, changes, contract: after } = write(rows, { contract, onDrift }).report
      expect(again(rows, contract, contract, onDrift)).toEqual({ drift, changes, contract: after })
    }
  })

  it("find what the other contract doesn't take, with the row", () => {
    const verdict = again([{ a: 1 }, { a: "x" }], null, of(column("a", "integer"), column("b", "string")))
    expect(verdict.drift).toEqual({
      added: [],
      missing: [{ column: "b" }],
      retyped: [{ column: "a", expected: "integer", got: "string", row: 1 }],
    })
  })

  it("refuse staged plain text for a column that became json, under either policy", () => {
    for (const onDrift of ["reject", "evolve"] as const) {
      const { drift } = again([{ a: "x" }], null, of(column("a", "json")), onDrift)
      expect(drift.retyped).toEqual([{ column: "a", expected: "json", got: "string", row: 0 }])
    }
    expect(again([{ a: { b: 1 } }], null, of(column("a", "json"))).drift).toEqual(none)
    expect(again([{ a: "x" }], null, of(column("a", "json")), "reject", "jsonl").drift).toEqual(none)
  })

  it("never add a column that differs by case only", () => {
    const { drift } = again([{ ID: 1 }], null, of(column("id", "integer", { optional: true })), "evolve")
    expect(drift.added).toEqual([{ column: "ID", type: "integer", row: 0 }])
  })
})
