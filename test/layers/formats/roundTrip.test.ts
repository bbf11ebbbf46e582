import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Codec } from "../../../src/services/domain/Contract.ts"
import { JsonlScanner } from "../../../src/layers/formats/jsonlScanner.ts"
import { CsvScanner } from "../../../src/layers/formats/csvScanner.ts"
import { datasets } from "./datasets.ts"
import { read, write } from "./writing.ts"

const dataset = datasets(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n })))

/** An integer beyond the safe ones comes back as a bigint of the digits that JavaScript shows. */
function exact(value: unknown): unknown {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return BigInt(Math.abs(value) < 1e21 ? String(value) : value)
  }
  if (Array.isArray(value)) return value.map(exact)
  if (typeof value !== "object" || value === null) return value
  return Object.entries(value).map(([key, inner]) => [key, exact(inner)])
}

describe.each(["csv", "jsonl"] satisfies Array<Codec>)("what was written to %s", (codec) => {
  it("reads back as it was, under its contract", () => {
    fc.assert(
      fc.property(dataset, fc.constantFrom("\n", "\r\n"), ({ contract, rows }, eol) => {
        const { bytes, report } = write(rows, { codec, contract, eol })
        expect(report.drift).toEqual({ added: [], missing: [], retyped: [] })
        expect(report.changes.filter((change) => change.change !== "widened")).toEqual([])
        expect(report.bytes).toBe(bytes.length)
        expect(exact(read(codec, bytes, report.contract))).toEqual(exact(rows))
        const scanner = codec === "csv" ? new CsvScanner() : new JsonlScanner()
        scanner.push(bytes)
        expect(scanner.end()).toMatchObject(codec === "csv" ? { records: rows.length + 1 } : { rows: rows.length })
      }),
      { numRuns: 400 },
    )
  })

  it("reads back when the rows themselves settled the contract", () => {
    fc.assert(
      fc.property(dataset, ({ rows }) => {
        const { bytes, report } = write(rows, { codec })
        const back = read(codec, bytes, report.contract)
        for (const [at, row] of rows.entries()) {
          for (const [name, value] of Object.entries(row)) {
            const column = report.contract.columns.find((candidate) => candidate.name === name)!
            if (column.mixed !== true) expect(exact(back[at])).toContainEqual([name, exact(value)])
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it("keeps a prototype's name apart from the prototype", () => {
    const row = JSON.parse('{"__proto__":"a","toString":"b","constructor":"c","hasOwnProperty":"d"}') as object
    const { bytes, report } = write([row], { codec })
    expect(Object.entries(read(codec, bytes, report.contract)[0]!)).toEqual(Object.entries(row))
  })
})
