import fc from "fast-check"
import { expect, it } from "vitest"
import { parseJson } from "../../../src/layers/formats/losslessJson.ts"

const json = (inner: unknown) => (typeof inner === "bigint" ? String(inner) : JSON.stringify(inner))

it("is exact about integers, and otherwise JSON", () => {
  expect(
    parseJson('[9007199254740993,-9007199254740993,1e21,9007199254740991,0.1234567890123456,"9007199254740993"]'),
  ).toEqual([9007199254740993n, -9007199254740993n, 1e21, 9007199254740991, 0.1234567890123456, "9007199254740993"])
  const key = fc.string({ unit: fc.constantFrom("\\", '"', "\n", "a", ":", ",", "\ue000", "é", "{") })
  const value = fc.oneof(fc.integer(), fc.constant(9007199254740993n), key)
  const text = fc.array(fc.array(fc.tuple(key, value)))
  fc.assert(
    fc.property(text, fc.boolean(), (rows, spaced) => {
      const colon = spaced ? " : " : ":"
      const objects = rows.map(
        (row) => `{${row.map(([name, inner]) => JSON.stringify(name) + colon + json(inner)).join(",")}}`,
      )
      const expected = rows.map((row) => Object.entries(Object.fromEntries(row)))
      expect((parseJson(`[${objects.join(",")}]`) as Array<object>).map((row) => Object.entries(row))).toEqual(expected)
    }),
    { numRuns: 2000 },
  )
})

it("reads keys right that V8 13.6 confuses with one that ends in a backslash", () => {
  expect(parseJson(String.raw`[{"v":1,"\\":1},{"v":1,"\n":1},{"v":1,"\"":2,"__proto__":{"\t":3}}]`)).toEqual([
    { v: 1, "\\": 1 },
    { v: 1, "\n": 1 },
    JSON.parse('{"v":1,"\\"":2,"__proto__":{"\\t":3}}'),
  ])
  expect(() => parseJson(String.raw`{"\x":1}`)).toThrow(SyntaxError)
  expect(() => parseJson(String.raw`{"\n":1`)).toThrow(SyntaxError)
})

it("refuses what is nested so deeply that reading it would take the memory of the machine, and that only", () => {
  const levels = 200_000
  const nested = (inner: string, more = levels) => `{"a":${"[".repeat(more)}${inner}${"]".repeat(more)}}`
  expect(() => parseJson(nested(""))).not.toThrow()
  // Those that are to be exact are read by recursion.
  expect(() => parseJson(nested("12345678901234567890"))).toThrow(new SyntaxError("nested too deeply"))
  expect(() => parseJson(nested("", 1_000_001))).toThrow(new SyntaxError("nested too deeply"))
  expect(() => parseJson(`{"\\n":${nested("", 1_000_001)}}`)).toThrow(new SyntaxError("nested too deeply"))
  expect(parseJson(`["${String.raw`[\"{`.repeat(1_000_001)}"]`)).toHaveLength(1)
  expect(parseJson(`[${"[],".repeat(1_000_001)}1]`)).toHaveLength(1_000_002)
})

it("takes a time that grows with the text, however it is made", () => {
  const escapes = String.raw`\"\n\\`.repeat(1_000_000)
  expect(parseJson(`{"a":"${escapes}"}`)).toEqual({ a: JSON.parse(`"${escapes}"`) })
  expect(Object.keys(parseJson(`{"${escapes}":"${escapes}"}`) as object)).toEqual([JSON.parse(`"${escapes}"`)])
  expect(() => parseJson(`{"a":"${escapes}`)).toThrow(SyntaxError)
  expect(() => parseJson('"\\x":'.repeat(1_000_000))).toThrow(SyntaxError)
  const mark = "\ue000".repeat(3_000)
  expect(parseJson(`{"\\n":"${mark}"}`)).toEqual({ "\n": mark })
}, 5_000)
