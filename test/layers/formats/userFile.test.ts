import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import type { Column, ColumnType, Contract, TextFormat } from "../../../src/services/domain/Contract.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "../../../src/layers/formats/decode.ts"
import { checkFile, inferFile } from "../../../src/layers/formats/userFile.ts"

const column = (name: string, type: ColumnType, more: Partial<Column> = {}): Column => ({
  name,
  type,
  optional: false,
  ...more,
})
const infer = (format: TextFormat, text: string) => inferFile(format, [Buffer.from(text)])

describe("a CSV that the user brought", () => {
  it.each([
    ["1\n-2\n0", "integer", {}],
    ["1\n2.5\n-1e-3", "number", {}],
    ["00123\n124", "string", { mixed: true }],
    ["00123\n00124", "string", {}],
    ["+1", "string", {}],
    ["1e999", "string", {}],
    ["true\nfalse", "boolean", {}],
    ["True", "string", {}],
    ["2024-01-01", "date", {}],
    ["2024-01-01\n2024-01-01T10:00Z", "timestamp", {}],
    ["2024-01-01\nsoon", "string", {}],
    ['""\n1', "string", { mixed: true }],
    ["1\n\n2", "integer", { optional: true }],
    ["\n\n", "unknown", { optional: true }],
  ] as Array<[string, ColumnType, Partial<Column>]>)("%j is %s", async (cells, type, more) => {
    expect((await infer("csv", "a\n" + cells + "\n")).contract).toEqual({ columns: [column("a", type, more)] })
  })

  it("is looked at to its last row", async () => {
    const text = "id,n\n" + Array.from({ length: 50_000 }, (_, at) => `${at},${at}\n`).join("") + "x,\n"
    expect(await infer("csv", text)).toEqual({
      rows: 50_001,
      issue: null,
      contract: { columns: [column("id", "string", { mixed: true }), column("n", "integer", { optional: true })] },
    })
  })

  it.each([
    ["a,a\n1,2\n", { column: "a", got: "the same name twice" }],
    ["a,A\n1,2\n", { column: "A", got: 'also "a"' }],
    ["a,\n1,2\n", { column: "", got: "an empty name" }],
    ["a,b\n1,2\n1\n", { row: 1, column: null, expected: "a record of 2 fields", got: "one of 1" }],
  ])("is refused with a reason: %j", async (text, issue) => {
    expect(await infer("csv", text)).toMatchObject({ contract: null, issue })
  })

  it("has no contract without rows", async () => {
    expect(await infer("csv", "a,b\n")).toEqual({ rows: 0, issue: null, contract: null })
    expect(await infer("csv", "")).toEqual({ rows: 0, issue: null, contract: null })
  })
})

it("JSON Lines that the user brought go by the type of each value", async () => {
  const text = '{"a":1,"b":"1","__proto__":true}\n{"a":2.5,"b":null,"c":{"d":1},"__proto__":false}\n'
  expect((await infer("jsonl", text)).contract).toEqual({
    columns: [
      column("a", "number"),
      column("b", "string", { optional: true }),
      column("__proto__", "boolean"),
      column("c", "json", { optional: true }),
    ],
  })
  expect((await infer("jsonl", '{"a":1}\n{"a":"x"}\n')).contract).toEqual({ columns: [column("a", "json")] })
  expect((await infer("jsonl", '{"a":1,"A":2}\n')).issue).toMatchObject({ row: 0, column: "A" })
})

it("a JSON array that the user brought settles as JSON Lines do", async () => {
  const rows = '{"a":1,"b":"1","__proto__":true}\n{"a":2.5,"b":null,"c":{"d":1},"__proto__":false}\n{"a":"x"}'
  expect(await infer("json", `[${rows.replaceAll("\n", ",\n")}]`)).toEqual(await infer("jsonl", rows))
  expect((await infer("json", '[{"a":1,"A":2}]')).issue).toMatchObject({ row: 0, column: "A" })
  for (const text of ["", "\n", "[]", "[\n]\n"]) {
    expect(await infer("json", text)).toEqual({ rows: 0, issue: null, contract: null })
  }
  await expect(infer("json", rows)).rejects.toMatchObject({ _tag: "MalformedFile", codec: "json" })
})

describe("a changed file", () => {
  const contract: Contract = {
    columns: [column("id", "integer"), column("code", "string"), column("at", "timestamp"), column("extra", "json")],
  }
  const check = (format: TextFormat, text: string) => checkFile(format, [Buffer.from(text)], contract)

  it("fits its contract in any order of the header", async () => {
    expect(await check("csv", 'code,id,extra,at\n00123,1,"{""a"":1}",2024-01-01\n,,,\n')).toBeNull()
    expect(await check("jsonl", '{"code":"00123","id":1,"extra":[],"at":"2024-01-01T10:00"}\n{"id":null}\n')).toBeNull()
    expect(await check("json", '[{"code":"00123","id":1,"extra":[],"at":"2024-01-01T10:00"},{"id":null}]')).toBeNull()
    expect(await check("json", "[]")).toBeNull()
  })

  it.each([
    [
      "csv",
      "id,code,at,extra\n1,a,2024-01-01,1\n1.5,a,,\n",
      { row: 1, column: "id", expected: "integer", got: '"1.5"' },
    ],
    ["csv", "id,code,at,extra\n1,a,soon,\n", { row: 0, column: "at" }],
    ["csv", "id,code,at,extra\n1,a,,{\n", { row: 0, column: "extra" }],
    ["csv", "id,code,at,extra\n1,a\n", { row: 0, column: null }],
    ["csv", "id,code,at\n", { column: "extra", expected: "in the header" }],
    ["csv", "id,code,at,extra,new\n", { column: "new", got: "a new column" }],
    ["csv", "", { column: "id" }],
    ["jsonl", '{"id":1}\n{"id":"1"}\n', { row: 1, column: "id", got: '"1"' }],
    ["jsonl", '{"id":1,"new":1}\n', { row: 0, column: "new" }],
    ["jsonl", '{"code":1}\n', { row: 0, column: "code", expected: "string", got: "1" }],
    ["json", '[{"id":1},\n{"id":"1"}]', { row: 1, column: "id", got: '"1"' }],
    ["json", '[{"id":1,"new":1}]', { row: 0, column: "new" }],
  ] as const)("in %s shows its first cell that doesn't: %j", async (codec, text, issue) => {
    expect(await check(codec, text)).toMatchObject(issue)
  })
})

describe("decoding", () => {
  it("keeps 00123, big integers and the empty string, and has no -0", () => {
    const contract: Contract = {
      columns: [
        column("s", "string"),
        column("i", "integer"),
        column("n", "number"),
        column("b", "boolean"),
        column("j", "json"),
        column("u", "unknown"),
      ],
    }
    const decode = csvDecoder(contract, ["s", "i", "n", "b", "j", "u"])
    expect(decode(["00123", "9007199254740993", "1e2", "true", '{"a":9007199254740993}', null], 0)).toEqual({
      s: "00123",
      i: 9007199254740993n,
      n: 100,
      b: true,
      j: { a: 9007199254740993n },
      u: null,
    })
    expect(decode(["", "-0", "-0.0", null, null, "x"], 0)).toStrictEqual({
      s: "",
      i: 0,
      n: 0,
      b: null,
      j: null,
      u: "x",
    })
    expect(decode(["", "0123"], 7)).toEqual(new CellIssue(7, "i", "integer", '"0123"'))
    expect(decode(["1", "2", "3", "true", "5", "6", "7"], 7)).toMatchObject({ row: 7, column: null })
  })

  it("of JSON takes a whole number for an integer, and nothing inherited for a column", () => {
    const decode = jsonDecoder({
      columns: [column("toString", "string"), column("i", "integer"), column("m", "string", { mixed: true })],
    })
    expect(decode({ i: 1e21, m: 5 }, 0)).toEqual({ i: 10n ** 21n, m: 5 })
    expect(decode({ i: 1.5 }, 3)).toEqual(new CellIssue(3, "i", "integer", "1.5"))
    expect(decode({ m: { a: 1 } }, 3)).toMatchObject({ column: "m", got: "an object" })
  })
})
