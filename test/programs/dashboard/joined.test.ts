import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { joined } from "../../../src/programs/dashboard/app/server/joined.ts"

const lineOf = (text: string) => ({ stream: "log", text })

it("a log's end and what was told meanwhile make one log, however much of it both have", () => {
  const cuts = fc
    .integer({ min: 1, max: 40 })
    .chain((length) => fc.record({ length: fc.constant(length), first: fc.nat(length), logged: fc.nat(length) }))
  fc.assert(
    fc.property(cuts, ({ length, first, logged }) => {
      // The log is asked for after the stream has begun: it has all that was said before.
      const all = Array.from({ length }, (_, n) => lineOf(`line ${n}`))
      const end = Math.max(first, logged)
      assert.deepEqual(joined(all.slice(0, end), all.slice(first)), all)
    }),
  )
  const long = lineOf("x".repeat(5_000))
  assert.deepEqual(joined([long], [lineOf(`${"x".repeat(4_096)}...`), lineOf("more")]), [long, lineOf("more")])
})
