import { Buffer } from "node:buffer"
import fc from "fast-check"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { transcodeCsv } from "../../../src/layers/formats/csvTranscode.ts"
import { papaParse, papaParseFiles, spectrum } from "../../fixtures/csvCollections.ts"
import { duckDbReader, type ReadCsv } from "../../fixtures/duckDbCsv.ts"
import { anyRows } from "./anyRows.ts"
import { recordsOf, write } from "./writing.ts"

const directory = mkdtempSync(path.join(tmpdir(), "openislands-"))
let readByDuckDb: ReadCsv
beforeAll(async () => void (readByDuckDb = await duckDbReader(directory)))
afterAll(() => rmSync(directory, { recursive: true }))

/** Both readers see the same cells, null or not. */
const agree = async (bytes: Uint8Array): Promise<void> => {
  const [header, ...records] = recordsOf(bytes)
  expect(await readByDuckDb(bytes, header!.length)).toEqual(records)
}

/** Public files with a header and rows as long; what DuckDB makes of others is its own affair. */
const comparable = [...spectrum(), ...papaParse(), ...papaParseFiles()].filter(({ bytes }) => {
  try {
    const records = recordsOf(bytes)
    return records.length > 1 && records.every((record) => record.length === records[0]!.length)
  } catch {
    // Refused: held against the collections' own word elsewhere.
    return false
  }
})

/** Where DuckDB is at fault: line ends that are mixed are refused, though not wrongly read. */
const refused: Readonly<Record<string, RegExp>> = {
  "Mixed slash n and slash r should choose first as precident": /state machine reached an invalid state/,
}

describe("a public CSV is read as DuckDB reads it:", () => {
  it.each(comparable)("$name", async ({ name, bytes }) => {
    if (refused[name] === undefined) await agree(bytes)
    else await expect(agree(bytes)).rejects.toThrow(refused[name])
  })
})

it("a line break of another kind in the header makes DuckDB lose every row, unless it is told which ends a line", async () => {
  const bytes = Buffer.from('"a\nb",c\r\n1,2\r\n')
  expect(await readByDuckDb(bytes, 2, "")).toEqual([])
  await agree(bytes)
})

describe("what we wrote is read as DuckDB reads it:", () => {
  const eols = fc.constantFrom("\n", "\r\n", "\r")

  it("one column to a few, any rows, any line ends", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyRows({ min: 1, max: 4 }), eols, async (rows, eol) => agree(write(rows, { eol }).bytes)),
      { numRuns: 300 },
    )
  })

  it("a hundred columns", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyRows({ min: 100, max: 100 }), eols, async (rows, eol) => agree(write(rows, { eol }).bytes)),
      { numRuns: 8 },
    )
  })

  it("a cell of five megabytes", async () => {
    await agree(
      write([
        { id: 1, text: 'é"\n'.repeat(1 << 20) },
        { id: 2, text: "after" },
      ]).bytes,
    )
  })

  it("columns of any name", async () => {
    const name = fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", " ", "a", "é", "😀"), minLength: 1 })
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4, selector: (one) => one.toLowerCase() })
    await fc.assert(
      fc.asyncProperty(names, eols, async (all, eol) =>
        agree(write([Object.fromEntries(all.map((one) => [one, "x"]))], { eol }).bytes),
      ),
      { numRuns: 200 },
    )
  })

  it("after an append, and after a rewrite for more columns", { timeout: 120_000 }, async () => {
    const rows = anyRows({ min: 1, max: 3 })
    await fc.assert(
      fc.asyncProperty(rows, rows, eols, async (before, behind, eol) => {
        const first = write(before, { eol })
        const columns = first.report.columns.map(({ name }) => name)
        const { contract } = first.report
        const segment = write(behind, { mode: "segment", contract, columns, eol, onDrift: "evolve" })
        const all = segment.report.columns.map(({ name }) => name)
        // As a commit does: what is there in the old columns, what came in all of them.
        const parts = [
          { bytes: first.bytes, from: columns, inputHeader: true, outputHeader: true, shortest: columns.length },
          {
            bytes: segment.bytes,
            from: all,
            inputHeader: false,
            outputHeader: false,
            shortest: segment.report.headerColumns,
          },
        ]
        const out: Array<Uint8Array> = []
        for (const { bytes, from, ...options } of parts) {
          for await (const chunk of transcodeCsv([bytes], from, all, { eol, ...options })) out.push(chunk)
        }
        const grown = Buffer.concat(out)
        expect(recordsOf(grown)).toHaveLength(1 + before.length + behind.length)
        await agree(grown)
        if (all.length === columns.length) await agree(Buffer.concat([first.bytes, segment.bytes]))
      }),
      { numRuns: 200 },
    )
  })
})
