import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { nothingYet, together } from "../../../src/layers/runs/soFar.ts"
import type { Committed } from "../../../src/services/DatasetStore.ts"

const names = ["a", "b", "toString"]

const commit: fc.Arbitrary<Committed> = fc.record({
  checkpoint_id: fc.option(fc.constantFrom("1-a", "2-b", "3-c")),
  datasets: fc.dictionary(
    fc.constantFrom(...names),
    fc.record({
      output: fc.constant("rows"),
      mode: fc.constantFrom("insert", "replace", "upsert"),
      rows: fc.nat(9),
    }),
  ),
  upserted: fc.dictionary(
    fc.constantFrom(...names),
    fc.record({ new: fc.nat(9), changed: fc.nat(9), unchanged: fc.nat(9) }),
  ),
  dropped: fc.dictionary(fc.constantFrom(...names), fc.nat(9)),
  schemaChanges: fc.array(
    fc.record({
      dataset: fc.constantFrom(...names),
      column: fc.constantFrom("x", "y"),
      change: fc.constantFrom("added", "missing"),
      from: fc.constant(null),
      to: fc.constantFrom("string", null),
    }),
    { maxLength: 3 },
  ),
})

const sum = (commits: ReadonlyArray<Committed>): Committed => commits.reduce(together, nothingYet().committed)
const plain = (committed: Committed): unknown => JSON.parse(JSON.stringify(committed))

it("what a run has committed is the same however its commits are split into tries", () => {
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 6 }), fc.nat(6), (commits, cut) => {
      const whole = sum(commits)
      const parts = together(sum(commits.slice(0, cut)), sum(commits.slice(cut)))
      // A change may be told by several commits, and once by the sum: not always at the same place.
      assert.deepEqual(
        { ...(plain(parts) as object), schemaChanges: null },
        { ...(plain(whole) as object), schemaChanges: null },
      )
      assert.sameDeepMembers([...parts.schemaChanges], [...whole.schemaChanges])
    }),
  )
})

it("every row is counted, and the newest checkpoint is told", () => {
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 6 }), (commits) => {
      const whole = sum(commits)
      for (const name of names) {
        const own = (of: Committed) => (Object.hasOwn(of.datasets, name) ? of.datasets[name] : undefined)
        const rows = commits.reduce((total, one) => total + (own(one)?.rows ?? 0), 0)
        assert.strictEqual(own(whole)?.rows ?? 0, rows)
        for (const count of ["new", "changed", "unchanged"] as const) {
          const of = ({ upserted }: Committed) => (Object.hasOwn(upserted, name) ? upserted[name]![count] : 0)
          assert.strictEqual(
            of(whole),
            commits.reduce((total, one) => total + of(one), 0),
          )
        }
        assert.strictEqual(own(whole)?.mode, commits.map(own).find((one) => one !== undefined)?.mode)
      }
      assert.strictEqual(
        whole.checkpoint_id,
        commits.findLast((one) => one.checkpoint_id !== null)?.checkpoint_id ?? null,
      )
    }),
  )
})
