import * as fc from "fast-check"
import { expect, it } from "vitest"
import { JsonlScanner } from "../../../src/layers/formats/jsonlScanner.ts"

const scan = (text: string, cut = text.length) => {
  const scanner = new JsonlScanner()
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += cut) scanner.push(bytes.subarray(at, at + cut))
  return scanner.end()
}

/** What the platform's own parser says of one line. */
const isObject = (line: string): boolean => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

it("takes what JSON.stringify writes, wherever chunks are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue())),
      fc.integer({ min: 1, max: 9 }),
      (rows, cut) => {
        const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("")
        expect(scan(text, cut)).toEqual({ rows: rows.length, bytes: Buffer.byteLength(text), finalNewline: true })
      },
    ),
  )
})

it("agrees with JSON.parse on lines that were damaged anywhere", () => {
  const damaged = fc
    .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), fc.constantFrom(...'{}[]",:\\0eE+-.truefalsn1 \u0001'))
    .map(([row, at, by]) => {
      const line = JSON.stringify(row)
      const place = at % line.length
      return line.slice(0, place) + by + line.slice(place + 1)
    })
  fc.assert(
    fc.property(damaged, (line) => {
      if (isObject(line)) expect(scan(`${line}\n`).rows).toBe(1)
      else expect(() => scan(`${line}\n`)).toThrow(/Malformed jsonl/)
    }),
    { numRuns: 3_000 },
  )
})

it("names the line and the byte", () => {
  expect(() => scan('{"a":1}\n\n{"a":01}\n')).toThrow('line 3, byte 16: "01" is not a JSON value')
  expect(() => scan('{"a":1} {"b":2}\n')).toThrow("line 1, byte 8: something behind the object of a line")
  expect(() => scan('{"a":1')).toThrow("the last line has no end")
  expect(() => scan(`{"a":${"[".repeat(2_000)}`)).toThrow("more than 1024 levels")
})
