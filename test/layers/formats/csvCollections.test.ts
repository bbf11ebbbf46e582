import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { CsvReader, type CsvRecord } from "../../../src/layers/formats/csvReader.ts"
import { CsvScanner } from "../../../src/layers/formats/csvScanner.ts"
import { transcodeCsv } from "../../../src/layers/formats/csvTranscode.ts"
import { papaParse, type PublicCsv, spectrum } from "../../fixtures/csvCollections.ts"

type Records = ReadonlyArray<ReadonlyArray<string>>

/** Where we differ on purpose: in the records, or by refusing the file. */
const ours: Readonly<Record<string, Records | RegExp>> = {
  // The file's number, not the one that its JSON has.
  location_coordinates: [
    ["Contact Phone Number", "Location Coordinates", "Cities", "Counties"],
    ["2095257564", "37\uFFFD36'37.8\"N 121\uFFFD2'17.9\"W", "Modesto", "Stanislaus"],
  ],
  // Whoever closes a quote and goes on is not understood: guessing would put one cell's text into another.
  "Quoted field has no closing quote": /byte 2: a quoted field is never closed/,
  "Quoted field has invalid trailing quote after delimiter with a valid closer": /byte 4: text after a closing quote/,
  "Quoted field has invalid trailing quote after delimiter": /byte 6: text after/,
  "Quoted field has invalid trailing quote before delimiter": /byte 5: text after/,
  "Quoted field has invalid trailing quote after new line": /byte 9: text after/,
  "Quoted fields with spaces between closing quote and next delimiter": /byte 5: text after/,
  "Quoted fields with spaces between closing quote and next new line": /byte 9: text after/,
  "Quoted fields with spaces after closing quote": /byte 5: text after/,
  "Quoted fields with spaces between closing quote and next delimiter and contains delimiter": /byte 6: text after/,
  "Quoted fields with spaces between closing quote and newline and contains newline": /byte 8: text after/,
  // Every kind of line break ends a record, whichever came first.
  "Mixed slash n and slash r should choose first as precident": [
    ["a", "b", "c"],
    ["d", "e", "f"],
    ["g", "h", "i"],
  ],
  // The delimiter is a comma; none is guessed.
  "Pipe delimiter is guessed correctly when mixed with comas": [
    ["one|two", "two|three"],
    ["four|five", "five|six"],
  ],
}

/** A blank line is a record in a file of one column only, and what ends the last record begins none. */
const withoutBlanks = (records: Records): Records => {
  const first = records.find((record) => record.length > 1)
  const counted = first === undefined ? records : records.filter((record) => record.length > 1 || record[0] !== "")
  return first === undefined && records.length > 1 && records.at(-1)?.[0] === "" ? records.slice(0, -1) : counted
}

const chunksOf = (bytes: Buffer, size: number): Array<Buffer> =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, at * size + size))

const readAll = (bytes: Buffer, size: number): Array<CsvRecord> => {
  const reader = new CsvReader()
  return [...chunksOf(bytes, size).flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

const scanAll = (bytes: Buffer, size: number) => {
  const scanner = new CsvScanner()
  for (const chunk of chunksOf(bytes, size)) scanner.push(chunk)
  return scanner.end()
}

const transcodeAll = async (bytes: Buffer, size: number, from: ReadonlyArray<string>, to: ReadonlyArray<string>) => {
  const out: Array<Uint8Array> = []
  const options = { eol: "\n", inputHeader: false, outputHeader: false, shortest: from.length } as const
  for await (const chunk of transcodeCsv(chunksOf(bytes, size), from, to, options)) out.push(chunk)
  return Buffer.concat(out)
}

/** Nothing is null in our reader, the empty string in theirs. */
const asText = (records: ReadonlyArray<CsvRecord>): Records =>
  records.map((record) => record.map((field) => field ?? ""))

/** Semicolons between quoted fields: another dialect. */
const isOther = ({ bytes }: PublicCsv): boolean => bytes.includes(";")

const everything = [...spectrum(), ...papaParse()].filter((one) => !isOther(one))

describe("a public CSV:", () => {
  it("there are enough of them", () => {
    expect(spectrum().length).toBe(12)
    expect(papaParse().length).toBeGreaterThan(60)
    // A case that was renamed must not be passed over.
    expect(Object.keys(ours).filter((name) => !everything.some((one) => one.name === name))).toEqual([])
  })

  it.each(everything)("$name", async ({ name, bytes, records }) => {
    const expected = ours[name] ?? withoutBlanks(records)
    for (const size of [1, 3, 1 << 16]) {
      if (expected instanceof RegExp) {
        expect(() => readAll(bytes, size)).toThrow(expected)
        expect(() => scanAll(bytes, size)).toThrow(expected)
        await expect(transcodeAll(bytes, size, ["a", "b", "c", "d"], ["a"])).rejects.toThrow(expected)
        continue
      }
      const read = readAll(bytes, size)
      expect(asText(read)).toEqual(expected)
      const widths = expected.map((record) => record.length)
      expect(scanAll(bytes, size)).toMatchObject({
        records: expected.length,
        minFields: Math.min(...widths, ...(widths.length === 0 ? [0] : [])),
        maxFields: Math.max(...widths, 0),
      })
      const names = Array.from({ length: Math.max(...widths, 0) }, (_, at) => `c${at}`)
      const turned = await transcodeAll(bytes, size, names, names.toReversed())
      const padded = read.map((record) => names.map((_, at) => record[at] ?? null).toReversed())
      expect(readAll(turned, size)).toEqual(padded)
    }
  })
})

it("nothing and an empty string are two things", () => {
  const file = spectrum().find(({ name }) => name === "empty")!
  expect(readAll(file.bytes, 1)[1]).toEqual(["1", "", ""])
  const nothing = papaParse().find(({ name }) => name === "Multiple consecutive empty fields")!
  expect(readAll(nothing.bytes, 1)[0]).toEqual(["a", "b", null, null, "c", "d"])
})
