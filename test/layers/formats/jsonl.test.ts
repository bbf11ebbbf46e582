import { Buffer } from "node:buffer"
import { expect, it } from "vitest"
import { JsonlReader, readJsonl } from "../../../src/layers/formats/jsonl.ts"
import { JsonlScanner } from "../../../src/layers/formats/jsonlScanner.ts"

const text =
  '\ufeff{"a":1}\r\n\n  \n{"é":"x\\ny"}\n{"big":12345678901234567890,"n":[9007199254740993],"f":0.1234567890123456789}'
const rows = [{ a: 1 }, { é: "x\ny" }, { big: 12345678901234567890n, n: [9007199254740993n], f: 0.12345678901234568 }]

function readAll(chunks: Array<Uint8Array>) {
  const reader = new JsonlReader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

it("reads the same rows wherever chunks are cut", () => {
  const bytes = Buffer.from(text)
  for (let at = 0; at <= bytes.length; at++) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)]
    expect(readAll(chunks)).toEqual(rows)
    const scanner = new JsonlScanner()
    for (const chunk of chunks) scanner.push(chunk)
    expect(scanner.end()).toEqual({ rows: 3, bytes: bytes.length, finalNewline: false })
  }
})

it.each([
  ["an array", '{"a":1}\n[1]\n', 2, 8],
  ["a scalar", "1\n", 1, 0],
  ["null", '{"é":1}\n\nnull', 3, 10],
  ["cut off", '{"a":1}\n{"a":', 2, 8],
  ["two values", '{"a":1} {"a":1}\n', 1, 0],
])("refuses a line that isn't an object: %s", (_, bad, record, offset) => {
  const bytes = Buffer.from(bad)
  for (let at = 0; at <= bytes.length; at++) {
    expect(() => readAll([bytes.subarray(0, at), bytes.subarray(at)])).toThrow(
      expect.objectContaining({ _tag: "MalformedFile", codec: "jsonl", record, offset }),
    )
  }
})

it("refuses bytes that aren't UTF-8", () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')])
  expect(() => readAll([bytes])).toThrow(expect.objectContaining({ problem: "not UTF-8", offset: 6 }))
})

it("gives rows in batches from any source", async () => {
  const batches: Array<unknown> = []
  for await (const batch of readJsonl([Buffer.from('{"a":1}\n{"a"'), Buffer.from(":2}")])) batches.push(batch)
  expect(batches).toEqual([[{ a: 1 }], [{ a: 2 }]])
})
