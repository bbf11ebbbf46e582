import { Buffer } from "node:buffer"
import { Readable } from "node:stream"
import { describe, expect, it } from "vitest"
import type { Column, ColumnType, Contract, TextFormat } from "../../../src/services/domain/Contract.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { MisfitCell, readRows } from "../../../src/layers/formats/readRows.ts"
import { cutAt } from "./writing.ts"

const column = (name: string, type: ColumnType): Column => ({ name, type, optional: true })
const contract: Contract = {
  columns: [column("id", "integer"), column("code", "string"), column("at", "date"), column("extra", "json")],
}
const read = async (format: TextFormat, chunks: Iterable<Uint8Array>) =>
  (await Array.fromAsync(readRows(format, chunks, contract))).flat()

/** The same rows in each format. */
const files: Array<[TextFormat, string]> = [
  ["csv", '\ufeffcode,id,extra,at\r\n00123,1,"{""a"":[1,""é""]}",2024-01-01\r\n"",9007199254740993,,\r\n'],
  ["jsonl", '{"code":"00123","id":1,"extra":{"a":[1,"é"]},"at":"2024-01-01"}\n\n{"id":9007199254740993,"code":""}'],
  [
    "json",
    '[\n  {"code": "00123", "id": 1, "extra": {"a": [1, "é"]}, "at": "2024-01-01"},\n  {"code": "", "id": 9007199254740993}\n]\n',
  ],
]

describe.each(files)("a file of %s", (format, text) => {
  const bytes = Buffer.from(text)
  const rows: Array<Row> = [
    { id: 1, code: "00123", at: "2024-01-01", extra: { a: [1, "é"] } },
    { id: 9007199254740993n, code: "", at: null, extra: null },
  ]

  it("is read under its contract, wherever chunks are cut", async () => {
    for (let at = 0; at <= bytes.length; at++) expect(await read(format, cutAt(bytes, [at]))).toEqual(rows)
    expect(Object.keys((await read(format, [bytes]))[0]!)).toEqual(["id", "code", "at", "extra"])
  })

  it("gives the rows before the first that doesn't fit, then says which cell that is", async () => {
    const bad = Buffer.from(text.replace("9007199254740993", "1.5"))
    for (let at = 0; at <= bad.length; at++) {
      const found: Array<Row> = []
      const reading = async () => {
        for await (const batch of readRows(format, cutAt(bad, [at]), contract)) found.push(...batch)
      }
      const issue = { row: 1, column: "id", expected: "integer", got: format === "csv" ? '"1.5"' : "1.5" }
      await expect(reading()).rejects.toMatchObject({ _tag: "MisfitCell", issue })
      expect(found).toEqual(rows.slice(0, 1))
    }
  })

  it("is closed when no more rows are wanted", async () => {
    const source = Readable.from(Array.from({ length: 1_000 }, (_, at) => bytes.subarray(at, at + 1)))
    for await (const batch of readRows(format, source, contract)) {
      expect(batch).toEqual(rows.slice(0, 1))
      break
    }
    expect(source.destroyed).toBe(true)
  })

  it("that isn't one is malformed", async () => {
    const bad = format === "csv" ? text + '"' : text + "]"
    await expect(read(format, [Buffer.from(bad)])).rejects.toMatchObject({ _tag: "MalformedFile", codec: format })
  })
})

/** What is said of a CSV that doesn't fit. */
async function misfit(text: string) {
  const thrown: unknown = await read("csv", [Buffer.from(text)]).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(MisfitCell)
  return (thrown as MisfitCell).message
}

it("a CSV has the columns of its contract, and every record as many fields", async () => {
  const missing = 'column "extra" should be in the header, it is not there'
  expect(await misfit("id,code,at\n1,a,\n")).toBe(missing)
  expect(await misfit("id,code,at,extra,new\n")).toBe(
    'column "new" should be a column of the contract, it is a new column',
  )
  expect(await misfit("id,code,at,extra\n1,a,,\n2\n")).toBe(
    "row 2 (counted from 1) should be a record of 4 fields, it is one of 1",
  )
  expect(await misfit("")).toContain("in the header")
})

it("files without rows have none", async () => {
  expect(await read("csv", [Buffer.from("id,code,at,extra\n")])).toEqual([])
  expect(await read("jsonl", [])).toEqual([])
  expect(await read("json", [Buffer.from("[]\n")])).toEqual([])
  expect(await read("json", [])).toEqual([])
})
