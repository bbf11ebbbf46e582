import fc from "fast-check"
import { expect, it } from "vitest"
import { locatedRows, rowAt, type RowForm } from "../../../src/layers/formats/locatedRows.ts"
import type { Column, Contract } from "../../../src/services/domain/Contract.ts"

const column = (name: string, type: Column["type"]): Column => ({ name, type, optional: true })
const contract: Contract = { columns: [column("id", "integer"), column("t", "string")] }

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "\r\n", '"', "ü\n,", "\ufeff", "}{"))
const row = fc.record({ id: fc.integer(), t: fc.option(text) })
const eol = fc.constantFrom("\n", "\r\n")
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })

function* cut(bytes: Buffer, sizes: ReadonlyArray<number>) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + sizes[turn % sizes.length]!
    yield bytes.subarray(at, end)
    at = end
  }
}

interface Written {
  readonly text: string
  /** Each row by itself. */
  readonly rows: ReadonlyArray<string>
}

const quoted = (value: string | null) => (value === null ? "" : `"${value.replaceAll('"', '""')}"`)
const separated = (rows: ReadonlyArray<string>, by: string, last: boolean) =>
  rows.map((one, at) => one + (at + 1 < rows.length || last ? by : "")).join("")

const forms: Readonly<
  Record<string, (rows: ReadonlyArray<{ id: number; t: string | null }>, eol: string, last: boolean) => Written>
> = {
  csv: (rows, eol, last) => {
    const lines = rows.map(({ id, t }) => `${id},${quoted(t)}`)
    return { text: `\ufeff${eol}id,t${eol}${eol}${separated(lines, eol + eol, last)}`, rows: lines }
  },
  jsonl: (rows, eol, last) => {
    const lines = rows.map((one) => JSON.stringify(one))
    return { text: `\ufeff${separated(lines, ` \t${eol}${eol}  `, last)}`, rows: lines }
  },
  json: (rows, eol) => {
    const lines = rows.map((one) => JSON.stringify(one, null, 2))
    return { text: ` [${eol}${separated(lines, ` ,${eol}`, false)} ]${eol}`, rows: lines }
  },
}

it.each(Object.keys(forms))("%s: whatever chunks they come in, rows are where they are said to be", async (name) => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 8 }), eol, fc.boolean(), sizes, async (rows, eol, last, sizes) => {
      const written = forms[name]!(rows, eol, last)
      const bytes = Buffer.from(written.text)
      const form: RowForm = { format: name as RowForm["format"], contract, columns: null, header: true }
      const found: Array<string> = []
      for await (const batch of locatedRows(form, cut(bytes, sizes))) {
        for (const { from, to, row } of batch) {
          const own = bytes.subarray(from, to)
          found.push(own.toString("utf8"))
          expect(row).toEqual(rows[found.length - 1])
          expect(rowAt({ ...form, columns: ["id", "t"] }, own)).toEqual(row)
        }
      }
      expect(found).toEqual(written.rows)
    }),
    { numRuns: 300 },
  )
})
