import { Buffer } from "node:buffer"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readJsonArray } from "../../../src/layers/formats/jsonArray.ts"
import { arrayEnd, arrayOf, elementsOf } from "../../../src/layers/formats/jsonArrayText.ts"
import { parseJson } from "../../../src/layers/formats/losslessJson.ts"
import { cutAt } from "./writing.ts"

const gather = async (chunks: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(chunks)).toString()
const linesOf = (rows: ReadonlyArray<unknown>) => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""))

const blanks = fc.string({ unit: fc.constantFrom(" ", "\n", "\r\n", "\t"), maxLength: 3 })
/** Without backslashes, since the platform's parser may confuse keys that have them. */
const key = fc.string({ unit: fc.constantFrom(...'ab,:{}[]"é😀') })
const rowList = fc.array(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), { maxLength: 5 })
const places = fc.array(fc.nat({ max: 200 }), { maxLength: 12 })

/** Rows, and the text of an array of them as a person or a program may have laid it out. */
const laidOut = fc
  .record({
    rows: rowList,
    mark: fc.constantFrom("", "\ufeff"),
    gaps: fc.array(blanks, { minLength: 12, maxLength: 12 }),
    indent: fc.constantFrom(0, 2, "\t"),
  })
  .map(({ rows, mark, gaps, indent }) => {
    const elements = rows.map((row, at) => gaps[2 * at] + JSON.stringify(row, null, indent) + gaps[2 * at + 1])
    return { rows, text: `${mark + gaps[11]}[${elements.length === 0 ? gaps[0] : elements.join(",")}]${gaps[10]}` }
  })

describe("JSON Lines as elements of an array", () => {
  it("are appended to one of any layout, and all rows are there", async () => {
    await fc.assert(
      fc.asyncProperty(laidOut, rowList, places, places, async (first, second, cuts, otherCuts) => {
        const old = Buffer.from(first.text)
        const end = arrayEnd(old)!
        expect(end.empty).toBe(first.rows.length === 0)
        const elements = await Array.fromAsync(elementsOf(cutAt(linesOf(second), cuts), end.empty))
        const at = old.length - end.length
        const all = Buffer.concat([old.subarray(0, at), ...elements, old.subarray(at)])
        const text = all.toString().replace(/^\ufeff/, "")
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify([...first.rows, ...second])))
        const rows = await Array.fromAsync(readJsonArray(cutAt(all, otherCuts)))
        expect(rows.flat()).toEqual(parseJson(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it("make a file of one element a line, wherever chunks are cut", async () => {
    const lines = Buffer.from('{"a":1}\n{"b":"é"}\n{}\n')
    for (let at = 0; at <= lines.length; at++) {
      expect(await gather(arrayOf(cutAt(lines, [at])))).toBe('[\n{"a":1},\n{"b":"é"},\n{}\n]\n')
      expect(await gather(elementsOf(cutAt(lines, [at]), false))).toBe(',\n{"a":1},\n{"b":"é"},\n{}')
      expect(await gather(elementsOf(cutAt(lines, [at]), true))).toBe('\n{"a":1},\n{"b":"é"},\n{}')
    }
    expect(await gather(arrayOf([]))).toBe("[]\n")
    expect(await gather(elementsOf([Buffer.alloc(0)], false))).toBe("")
  })

  it.each([
    ["a blank line", '{"a":1}\n\n{"a":2}\n', 2, 8],
    ["a byte order mark", '\ufeff{"a":1}\n', 1, 0],
  ])("are refused with %s, which would break the array", async (_, bad, record, offset) => {
    const bytes = Buffer.from(bad)
    for (let at = 0; at <= bytes.length; at++) {
      await expect(gather(arrayOf(cutAt(bytes, [at])))).rejects.toMatchObject({ _tag: "MalformedFile", record, offset })
    }
  })
})

describe("the closing of an array", () => {
  it.each([
    ['[\n  {"a":1}\n]\n', "\n]\n", false],
    ['[{"a":[]}]', "]", false],
    ["[{}\r\n]\r\n", "\r\n]\r\n", false],
    ["[]", "]", true],
    ["[ ]\n", " ]\n", true],
    ["\ufeff[\n\t]", "\n\t]", true],
  ])("of %j is %j", (text, closing, empty) => {
    expect(arrayEnd(Buffer.from(text))).toEqual({ length: closing.length, empty })
    const tail = Buffer.from(text).subarray(-closing.length - 1)
    expect(arrayEnd(tail)).toEqual({ length: closing.length, empty })
    for (let length = 0; length <= closing.length; length++) {
      expect(arrayEnd(tail.subarray(tail.length - length))).toBeNull()
    }
  })

  it.each(["", "\n", '{"a":1}\n', "[{},]", "[1]", '["}"]', "[{}] x", "[{}", "[[]]"])("of %j isn't there", (text) => {
    expect(arrayEnd(Buffer.from(text))).toBeNull()
  })
})
