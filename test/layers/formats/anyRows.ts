import fc from "fast-check"

/** Cells that have broken CSV readers: quotes, breaks of every kind, blanks, nothing, marks, and much of Unicode. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      ",",
      "\n",
      "\r",
      "\r\n",
      " ",
      "\t",
      "\u2028",
      "\u0085",
      "\ufeff",
      "a",
      "é",
      "😀",
      "\\",
      "\0",
    ),
  }),
  fc.constantFrom("", "null", "NULL", "\\N", "00123", "true", "1e5", "2024-01-01", "#", "'", "-"),
)
const day = fc
  .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString())

/** A value of any type that a row may hold, null among them. */
const cell = fc.option(
  fc.oneof(
    { weight: 4, arbitrary: text },
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    day,
    day.map((iso) => iso.slice(0, 10)),
    fc.jsonValue({ maxDepth: 2 }),
  ),
)

/** Rows of the same columns. */
export const anyRows = (columns: { readonly min: number; readonly max: number }) =>
  fc.integer(columns).chain((count) =>
    fc.array(
      fc
        .array(cell, { minLength: count, maxLength: count })
        .map((cells) => Object.fromEntries(cells.map((value, at) => [`c${at}`, value]))),
      { minLength: 1, maxLength: 6 },
    ),
  )
