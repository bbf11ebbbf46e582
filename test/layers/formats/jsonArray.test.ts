import { Buffer } from "node:buffer"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { JsonArrayReader, readJsonArray } from "../../../src/layers/formats/jsonArray.ts"
import type { JsonRow } from "../../../src/layers/formats/jsonl.ts"
import { parseJson } from "../../../src/layers/formats/losslessJson.ts"
import { cutAt } from "./writing.ts"

function readAll(chunks: Iterable<Uint8Array>): Array<JsonRow> {
  const reader = new JsonArrayReader()
  const rows: Array<JsonRow> = []
  for (const chunk of chunks) rows.push(...reader.push(chunk))
  return [...rows, ...reader.end()]
}

/** Bytes in two chunks, in all ways. */
const cuts = (bytes: Uint8Array) => Array.from({ length: bytes.length + 1 }, (_, at) => cutAt(bytes, [at]))

describe("the rows of a JSON array", () => {
  it("are the same wherever chunks are cut, in any layout", () => {
    const bytes = Buffer.from(
      '\ufeff \r\n[\r\n  {"a": "]}\\"\\\\", "b": [1, {"c": "{["}]},\r\n{}\t,{"é😀":"ü\\n"} ,{\n "big": 12345678901234567890 }\n]\r\n',
    )
    const rows = [{ a: ']}"\\', b: [1, { c: "{[" }] }, {}, { "é😀": "ü\n" }, { big: 12345678901234567890n }]
    for (const chunks of cuts(bytes)) expect(readAll(chunks)).toEqual(rows)
    const reader = new JsonArrayReader()
    const reused = new Uint8Array(1)
    const found = [...bytes].flatMap((byte) => {
      reused[0] = byte
      return reader.push(reused)
    })
    expect([...found, ...reader.end()]).toEqual(rows)
  })

  it.each(["", " \n", "\ufeff", "\ufeff\r\n", "[]", " [ \n ]\n"])("are none in %j", (text) => {
    for (const chunks of cuts(Buffer.from(text))) expect(readAll(chunks)).toEqual([])
  })

  it("come in batches, as soon as their chunk is there", async () => {
    const batches: Array<unknown> = []
    const chunks = ['[{"a":1},{"a"', ":2", '},{"a":3}', "]"].map((text) => Buffer.from(text))
    for await (const batch of readJsonArray(chunks)) batches.push(batch)
    expect(batches).toEqual([[{ a: 1 }], [{ a: 2 }, { a: 3 }]])
  })
})

describe("a file that is no array of objects is refused with its line and byte:", () => {
  it.each([
    ["an object", '\n {"a":1}', 2, 2, "expected an array of objects"],
    ["JSON Lines", '{"a":1}\n{"a":2}\n', 1, 0, "expected an array of objects"],
    ["a scalar", "null", 1, 0, "expected an array of objects"],
    ["a second byte order mark", "\ufeff\ufeff[]", 1, 3, "expected an array of objects"],
    ["a number in it", "[1]", 1, 1, "expected an object or the end of the array"],
    ["an array in it", '[{"é":1},\n[]]', 2, 11, "expected an object behind the comma"],
    ["null in it", "[{},null]", 1, 4, "expected an object behind the comma"],
    ["a comma first", "[,{}]", 1, 1, "expected an object or the end of the array"],
    ["a comma last", "[{},\n]", 2, 5, "expected an object behind the comma"],
    ["a comma twice", "[{},,{}]", 1, 4, "expected an object behind the comma"],
    ["no comma", '[{"a":\n"\\n"}\n{}]', 3, 13, "expected a comma or the end of the array"],
    ["text behind it", "[{}]\r\n;", 2, 6, "something behind the end of the array"],
    ["two arrays", "[{}]\n[{}]", 2, 5, "something behind the end of the array"],
    ["nothing behind [", "[\n", 2, 2, "the array has no end"],
    ["nothing behind an object", "[{}\n", 2, 4, "the array has no end"],
    ["nothing behind a comma", "[{},", 1, 4, "the array has no end"],
    ["an object cut off", '[{},\n{"a":\n[1', 3, 13, "Expected ',' or ']' after array element"],
    ["an object cut off after a colon", '[\n{"a":', 2, 2, "Unexpected end of JSON input"],
    ["an object cut off in an escape", '[{"a":"\\', 1, 1, "Unexpected end of JSON input"],
    ["an object cut off in a text", '[{},{"a":"é', 1, 12, "Unterminated string"],
    ["an object that isn't closed", '[\n{"é":1,\n{"b":2}\n]', 3, 11, "Expected double-quoted property name"],
    ["brackets that don't match", '[{"a":[1}]', 1, 8, "Expected ',' or ']' after array element"],
    ["a text that isn't closed", '[{"a":"x\n}]', 1, 8, "Bad control character in string literal"],
    ["a word", '[{},\n{"a":\nnul}]', 2, 5, `Unexpected token '}', "{"a": nul}" is not valid JSON`],
  ])("%s", (_, bad, record, offset, problem) => {
    for (const chunks of cuts(Buffer.from(bad))) {
      expect(() => readAll(chunks)).toThrow(
        expect.objectContaining({ _tag: "MalformedFile", codec: "json", record, offset, problem }),
      )
    }
  })

  it.each([
    ["a byte", [0xff], '"}\n]\n'],
    ["a character cut off", [0xe2, 0x82], '"}\n]\n'],
    ["the end of the file in a character", [0xe2, 0x82], ""],
  ])("%s that isn't UTF-8", (_, bytes, rest) => {
    const front = '[\n{"a":"é"},\n{"a":"'
    const bad = Buffer.concat([Buffer.from(front), Buffer.from(bytes), Buffer.from(rest)])
    for (const chunks of cuts(bad)) {
      expect(() => readAll(chunks)).toThrow(
        expect.objectContaining({ problem: "not UTF-8", record: 3, offset: Buffer.byteLength(front) }),
      )
    }
  })
})

const isRow = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value)

/** What the platform's own parser says; null when it isn't an array of objects. */
function rowsOf(text: string): unknown {
  try {
    const value = parseJson(text)
    return Array.isArray(value) && value.every(isRow) ? value : null
  } catch {
    return null
  }
}

it("takes what JSON.parse takes, and nothing else, of arrays that were damaged anywhere", () => {
  const key = fc.string({ unit: fc.constantFrom(..."ab,:{}[]\" 'é") })
  const damaged = fc
    .tuple(
      fc.array(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), { maxLength: 3 }),
      fc.constantFrom(0, 1, "\t"),
      fc.nat(),
      fc.constantFrom("", ...'{}[]",:\\0eE+-.truefalsn1 \n\r\t\u0001\ufeff'),
    )
    .map(([rows, indent, at, by]) => {
      const text = JSON.stringify(rows, null, indent)
      const place = at % text.length
      return text.slice(0, place) + by + text.slice(place + 1)
    })
  const seen = { good: 0, bad: 0 }
  fc.assert(
    fc.property(damaged, fc.integer({ min: 1, max: 9 }), (text, size) => {
      const bytes = Buffer.from(text)
      const chunks = cutAt(
        bytes,
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size),
      )
      const withoutMark = text.startsWith("\ufeff") ? text.slice(1) : text
      const expected = withoutMark.trim() === "" ? [] : rowsOf(withoutMark)
      seen[expected === null ? "bad" : "good"]++
      if (expected === null) expect(() => readAll(chunks)).toThrow(/Malformed json at line/)
      else expect(readAll(chunks)).toEqual(expected)
    }),
    { numRuns: 3_000 },
  )
  expect(seen.good).toBeGreaterThan(300)
  expect(seen.bad).toBeGreaterThan(300)
})

describe("a large element", () => {
  it("is read in a time that grows with it, however small the chunks", () => {
    const row = { text: 'é"\\'.repeat(2_000_000), list: Array.from({ length: 2_000_000 }, (_, at) => at % 10) }
    const bytes = Buffer.from(JSON.stringify([row, row]))
    const size = 256
    const chunks = cutAt(
      bytes,
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size),
    )
    const rows = readAll(chunks)
    expect(rows.map(({ text, list }) => [text === row.text, (list as []).length])).toEqual([
      [true, 2_000_000],
      [true, 2_000_000],
    ])
  }, 20_000)

  it("may nest deeper than anyone writes, but not without end, nor as deep around big integers", () => {
    const levels = 200_000
    const nested = (inner: string) => [Buffer.from(`[\n{"a":${"[".repeat(levels)}${inner}${"]".repeat(levels)}}]`)]
    let inner: unknown = readAll(nested(""))[0]!["a"]
    let depth = 0
    for (; Array.isArray(inner); inner = inner[0]) depth++
    expect(depth).toBe(levels)
    expect(() => readAll(nested("12345678901234567890"))).toThrow("json at line 2, byte 2: nested too deeply")
    const endless = Buffer.from('[\n{"a":' + "[".repeat(1_000_000))
    expect(() => new JsonArrayReader().push(endless)).toThrow("json at line 2, byte 2: nested too deeply")
  })

  it("that is never closed isn't gathered for ever", () => {
    const text = Buffer.alloc(1 << 20, "x")
    const reader = new JsonArrayReader()
    reader.push(Buffer.from('[\n{"a":"'))
    expect(() => {
      for (let pushed = 0; pushed < 300; pushed++) reader.push(text)
    }).toThrow("json at line 2, byte 2: an object of more than 256 MiB")
  })
})
