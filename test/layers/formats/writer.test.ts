import { describe, expect, it } from "vitest"
import type { Contract } from "../../../src/services/domain/Contract.ts"
import { transcodeCsv } from "../../../src/layers/formats/csvTranscode.ts"
import { CsvScanner } from "../../../src/layers/formats/csvScanner.ts"
import { read, recordsOf, write, writerTo } from "./writing.ts"

const contract: Contract = {
  columns: [
    { name: "id", type: "integer", optional: false },
    { name: "name", type: "string", optional: true },
  ],
}

function* lateColumn() {
  for (let id = 0; id < 99_999; id++) yield { id, note: "a note that makes the row a bit longer" }
  yield { id: 99_999, late: "yes", note: null }
}

describe("CSV", () => {
  it("quotes only what needs it, and tells null from the empty string", () => {
    const row = {
      a: null,
      b: "",
      c: "x",
      d: "a,b",
      e: 'say "hi"',
      f: "two\nlines",
      g: " pad",
      h: "pad ",
      i: "00123",
      j: undefined,
    }
    expect(write([row]).text).toBe('a,b,c,d,e,f,g,h,i,j\n,"",x,"a,b","say ""hi""","two\nlines"," pad","pad ",00123,\n')
  })

  it("writes numbers as digits, dates as ISO 8601, nested values as JSON", () => {
    const row = {
      a: -0,
      b: 1e21,
      c: 1e-7,
      d: 10n ** 20n,
      e: new Date(0),
      f: { x: [1, "a", undefined], y: undefined },
      g: true,
      h: [],
    }
    expect(write([row]).text).toBe(
      'a,b,c,d,e,f,g,h\n0,1000000000000000000000,1e-7,100000000000000000000,1970-01-01T00:00:00.000Z,"{""x"":[1,""a"",null]}",true,[]\n',
    )
  })

  it("follows the header it is given and its line ends", () => {
    const { text, report } = write([{ id: 1, name: "a" }], {
      contract,
      columns: ["name", "id"],
      eol: "\r\n",
      mode: "segment",
    })
    expect(text).toBe("a,1\r\n")
    expect(report).toMatchObject({ headerColumns: 2, grown: false, rows: 1, bytes: 5 })
  })

  it("keeps the columns when there are no rows", () => {
    expect(write([], { contract }).text).toBe("id,name\n")
    expect(write([], { contract }).report.contract).toEqual(contract)
    expect(write([], { contract, mode: "segment", columns: ["id", "name"] }).text).toBe("")
    expect(write([]).text).toBe("")
  })

  it("pads rows that came before a column, while the header isn't written yet", () => {
    const { text, report } = write([{}, { a: 1 }, { b: "x\ny" }, { a: 2, c: 3 }], { eol: "\r\n" })
    expect(text).toBe('a,b,c\r\n,,\r\n1,,\r\n,"x\ny",\r\n2,,3\r\n')
    expect(report).toMatchObject({ headerColumns: 3, grown: false, rows: 4 })
    expect(report.columns.map(({ name, absent, firstRow }) => [name, absent, firstRow])).toEqual([
      ["a", true, 1],
      ["b", true, 2],
      ["c", true, 3],
    ])
  })

  it("fills up rows of a shape that was seen before a column came", () => {
    const rows = [{ a: 1 }, { a: 2, b: 1 }, { a: 3 }]
    expect(write(rows).text).toBe("a,b\n1,\n2,1\n3,\n")
  })

  it("hands on bytes while rows come, up to the row in which drift has shown, and none of those behind it", () => {
    let bytes = 0
    let end = ""
    const sink = {
      write: (chunk: Uint8Array) => {
        bytes += chunk.length
        end = Buffer.from(chunk).toString()
      },
    }
    const writer = writerTo(sink, { contract })
    const row = { id: 1, name: "x".repeat(1000) }
    for (let at = 0; at < 1000; at++) writer.row(row)
    expect(bytes).toBeGreaterThan(500_000)
    writer.row({ id: "drift", name: null })
    for (let at = 0; at < 1000; at++) writer.row(row)
    expect(writer.finish()).toMatchObject({
      rows: 2001,
      bytes: "id,name\n".length + 1000 * `1,${row.name}\n`.length + "drift,\n".length,
      drift: { retyped: [{ column: "id", row: 1000, value: '"drift"' }] },
    })
    expect(end.endsWith(`1,${row.name}\ndrift,\n`)).toBe(true)
  })

  it("tells a value that drifts whole, or not at all: half a secret is no text that is known to be one", () => {
    const contract = { columns: [{ name: "id", type: "integer", optional: false }] } as const
    const told = (id: unknown) => {
      const writer = writerTo({ write: () => {} }, { contract })
      writer.row({ id })
      return writer.finish().drift.retyped.map(({ value }) => value)
    }
    expect(told("x".repeat(40))).toEqual([`"${"x".repeat(40)}"`])
    expect(told("x".repeat(41))).toEqual([undefined])
    expect(told(true)).toEqual(["true"])
    expect(told({ secret: "x" })).toEqual([undefined])
  })

  it("has a null row of one column as a blank line that a reader counts", () => {
    const { bytes, text } = write([{ a: "x" }, { a: null }, { a: null }])
    expect(text).toBe("a\nx\n\n\n")
    expect(recordsOf(bytes)).toEqual([["a"], ["x"], [null], [null]])
    const scanner = new CsvScanner()
    scanner.push(bytes)
    expect(scanner.end()).toMatchObject({ records: 4, minFields: 1, maxFields: 1 })
  })

  it("reports growth at the last of 100,000 rows, and a transcode completes the file", async () => {
    const { bytes, report } = write(lateColumn())
    expect(report).toMatchObject({ rows: 100_000, headerColumns: 2, grown: true })
    expect(report.columns.map((column) => column.name)).toEqual(["id", "note", "late"])
    expect(report.contract.columns[2]).toEqual({ name: "late", type: "string", optional: true })
    const names = report.columns.map((column) => column.name)
    const out: Array<Uint8Array> = []
    const options = { eol: "\n", inputHeader: true, outputHeader: true, shortest: report.headerColumns } as const
    for await (const chunk of transcodeCsv([bytes], names, names, options)) out.push(chunk)
    const back = read("csv", Buffer.concat(out), report.contract)
    expect(back).toHaveLength(100_000)
    expect(back[0]).toEqual({ id: 0, note: "a note that makes the row a bit longer", late: null })
    expect(back[99_999]).toEqual({ id: 99_999, note: null, late: "yes" })
  })

  it("survives growth from one column, whose null rows are blank lines", async () => {
    const early = Array.from({ length: 100_000 }, (_, at) => ({ a: at % 2 === 0 ? null : "text" }))
    const { bytes, report } = write([...early, { a: "x", b: 1 }])
    expect(report).toMatchObject({ headerColumns: 1, grown: true })
    const scanner = new CsvScanner(report.headerColumns)
    scanner.push(bytes)
    expect(scanner.end()).toMatchObject({ records: 100_002, minFields: 1, maxFields: 2 })
    const out: Array<Uint8Array> = []
    const options = { eol: "\n", inputHeader: true, outputHeader: true, shortest: 1 } as const
    for await (const chunk of transcodeCsv([bytes], ["a", "b"], ["a", "b"], options)) out.push(chunk)
    expect(read("csv", Buffer.concat(out), report.contract)).toHaveLength(100_001)
  })

  it("cannot hold rows without any column", () => {
    expect(() => write([{}, {}])).toThrow("Row 1: expected at least one column, got rows without any")
  })

  it("holds JSON text, whatever the value, in a json column", () => {
    const json: Contract = { columns: [{ name: "v", type: "json", optional: false }] }
    const rows = ["text", 1, true, { a: 1 }, [1], null, "2024-01-01", ""].map((v) => ({ v }))
    const { bytes, report } = write(rows, { contract: json })
    expect(read("csv", bytes, report.contract)).toEqual(rows)
  })
})

describe("JSON Lines", () => {
  it("has keys in the contract's order, leaves absent ones out and keeps nulls", () => {
    const { text, report } = write([{ name: null, id: 1 }, { id: 2 }, { name: 'a "b"\n', id: 3n }], {
      codec: "jsonl",
      contract,
    })
    expect(text).toBe('{"id":1,"name":null}\n{"id":2}\n{"id":3,"name":"a \\"b\\"\\n"}\n')
    expect(report).toMatchObject({ headerColumns: 2, grown: false, rows: 3 })
  })

  it("closes quotes whatever stands next to a string", () => {
    const rows = [{ a: "x", b: "y", c: 1, d: "z" }, { a: 1, b: "y\t", c: "2024-01-01", d: null }, {}]
    const { text } = write(rows, { codec: "jsonl" })
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(rows)
  })

  it("reads integers back that a double doesn't hold", () => {
    const rows = [{ a: 12345678901234567890n, b: { deep: [9007199254740993n] } }]
    const { bytes, report } = write(rows, { codec: "jsonl" })
    expect(read("jsonl", bytes, report.contract)).toEqual(rows)
  })
})

describe("many shapes of rows", () => {
  it("each get their own cells", () => {
    const rows = Array.from({ length: 3000 }, (_, at) =>
      Object.fromEntries(
        Array.from({ length: 12 }, (_, bit) => [`c${(bit * 7 + at) % 12}`, at]).filter((_, bit) => (at >> bit) & 1),
      ),
    )
    const { bytes, report } = write(rows, { codec: "jsonl" })
    expect(read("jsonl", bytes, report.contract)).toEqual(rows)
  })
})
