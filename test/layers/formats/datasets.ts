import fc from "fast-check"
import type { Contract } from "../../../src/services/domain/Contract.ts"

/** A contract and rows that fit it. */
export interface Dataset {
  readonly contract: Contract
  readonly rows: ReadonlyArray<Record<string, unknown>>
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", " ", "a", "\t", "\ufeff", "\0", "\\", "😀", "é", "{", "1") }),
)
const day = fc
  .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString())
const json = fc
  .jsonValue({ maxDepth: 4, stringUnit: "grapheme", noUnicodeString: false } as fc.JsonSharedConstraints)
  // A nested -0 is 0 in JSON, as `JSON.stringify` has it.
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const values = (integer: fc.Arbitrary<unknown>): Record<(typeof types)[number], fc.Arbitrary<unknown>> => ({
  string: text,
  integer,
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  boolean: fc.boolean(),
  date: day.map((iso) => iso.slice(0, 10)),
  timestamp: fc.oneof(
    day,
    day.map((iso) => iso.slice(0, 16).replace("T", " ")),
    day.map((iso) => iso.slice(0, 19) + "+05:30"),
  ),
  json: json.filter((value) => value !== null),
})

const names = fc
  .uniqueArray(fc.oneof(fc.constantFrom("__proto__", "toString", "constructor", "1", '"', ",", "\ufeffa"), text), {
    minLength: 1,
    maxLength: 6,
    selector: (name) => name.toLowerCase(),
  })
  .filter((all) => all.every((name) => name !== "" && !name.includes("\0")))

const types = ["string", "integer", "number", "boolean", "date", "timestamp", "json"] as const

/** Datasets of one to eight rows and up to six columns of all types; `integer` makes the values of integer columns. */
export const datasets = (integer: fc.Arbitrary<number | bigint>): fc.Arbitrary<Dataset> => {
  const cells = values(integer)
  return names.chain((all) =>
    fc.tuple(...all.map((name) => fc.constantFrom(...types).map((type) => ({ name, type })))).chain((columns) =>
      fc
        .array(fc.tuple(...columns.map(({ type }) => fc.option(cells[type]))), { minLength: 1, maxLength: 8 })
        .map((rows) => ({
          contract: { columns: columns.map(({ name, type }) => ({ name, type, optional: false })) },
          rows: rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at]!.name, cell]))),
        })),
    ),
  )
}
