import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, expect, it } from "vitest"
import { KeyTally } from "../../../src/layers/store/keyTally.ts"
import type { MergeRule } from "../../../src/layers/store/merging.ts"

type Row = Readonly<{ id: number; t: string | null }>

const column = (name: string, type: "integer" | "string") => ({ name, type, optional: true }) as const
/** The second column may come later. */
const rules = [1, 2].map((columns): MergeRule => ({
  contract: { columns: [column("id", "integer"), column("t", "string")].slice(0, columns) },
  key: ["id"],
  instants: false,
  dataset: "a",
  output: "rows",
}))

const row: fc.Arbitrary<Row> = fc.record({ id: fc.nat(9), t: fc.constantFrom("x", "y", null) })
const there = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 5 })
const parts = fc.array(fc.array(row, { maxLength: 8 }), { minLength: 1, maxLength: 4 })

const directory = mkdtempSync(join(tmpdir(), "openislands-tally-"))
afterAll(() => rmSync(directory, { recursive: true }))
let files = 0

const tallied = (found: ReadonlyArray<Row>, brought: ReadonlyArray<ReadonlyArray<Row>>, mostKeys?: number) => {
  const tally = new KeyTally(join(directory, `${files++}`), mostKeys)
  const told = brought.map((rows) => {
    tally.beginPart()
    // In two batches, as streams have them.
    for (const batch of [rows.slice(0, 3), rows.slice(3)]) tally.bring(batch, rules[1]!)
    for (const [at, one] of found.entries()) tally.meet([one], rules[1]!, at)
    return { counts: tally.counts, sample: tally.sample }
  })
  tally.close()
  return told
}

it("counts each part of a run as if the earlier ones were there, in memory and in a file", () => {
  fc.assert(
    fc.property(there, parts, (found, brought) => {
      const now = new Map(found.map((one) => [one.id, one]))
      const keys = new Set<number>()
      const expected = brought.map((rows) => {
        const counts = { new: 0, changed: 0, unchanged: 0 }
        for (const [id, last] of new Map(rows.map((one) => [one.id, one]))) {
          const before = now.get(id)
          counts[before === undefined ? "new" : before.t === last.t ? "unchanged" : "changed"]++
          now.set(id, last)
        }
        for (const { id } of rows) keys.add(id)
        const shown = [...keys].slice(0, 5)
        return { counts, sample: { rows: shown.map((id) => now.get(id)!), more: keys.size - shown.length } }
      })
      expect(tallied(found, brought)).toEqual(expected)
      expect(tallied(found, brought, 2)).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

it("a column that comes later changes nothing of the rows that lack it", () => {
  const tally = new KeyTally(join(directory, "later"))
  tally.beginPart()
  tally.bring([{ id: 1 }, { id: 2 }], rules[0]!)
  tally.beginPart()
  tally.bring([{ id: 1, t: null }, { id: 2, t: "x" }, { id: 3 }], rules[1]!)
  tally.meet([{ id: 3 }], rules[0]!, 0)
  tally.close()
  expect(tally.counts).toEqual({ new: 0, changed: 1, unchanged: 2 })
})
