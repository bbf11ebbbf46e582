import { assert, it } from "@effect/vitest"
import { tableText } from "../../../src/programs/cli/tableText.ts"

const last = (rows: number, truncated: boolean, limit: number): string =>
  tableText(
    { columns: [{ name: "a", type: "integer" }], rows: Array.from({ length: rows }, (_, a) => ({ a })), truncated },
    limit,
  )
    .split("\n")
    .at(-1)!

it("rows that are left out are told with what brings them, if anything does", () => {
  assert.strictEqual(last(2, false, 2), "2 rows")
  assert.strictEqual(last(2, true, 2), "2 rows; there are more, which --limit brings")
  assert.match(last(2, true, 1_000), /^2 rows; there are more, and no answer holds more than 32 MiB: /)
  assert.match(last(100_000, true, 100_000), /^100,000 rows; there are more, and no answer has more rows: /)
})
