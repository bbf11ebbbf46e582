import * as fc from "fast-check"
import { expect, it } from "vitest"
import { littleOnes, overLimits } from "../../../src/layers/store/retention.ts"

const sizes = fc.array(fc.nat(100), { maxLength: 12 })
const limits = fc.record({ checkpoints: fc.nat(12), bytes: fc.nat(400) })

it("as few of the oldest go as the limits demand, and the newest never; ten little ones count as one", () => {
  fc.assert(
    fc.property(sizes, limits, fc.array(fc.boolean(), { minLength: 12 }), (all, limit, little) => {
      const drop = overLimits(all, limit, (at) => little[at]!)
      const keeps = (from: number) => {
        const kept = all.slice(from)
        const whole = kept.filter((_, at) => !little[from + at]!).length
        const count = whole + (kept.length - whole) / littleOnes
        // Tenths are no binary fractions.
        return count <= limit.checkpoints + 1e-9 && kept.reduce((sum, size) => sum + size, 0) <= limit.bytes
      }
      expect(drop).toBeLessThanOrEqual(Math.max(0, all.length - 1))
      if (drop < all.length - 1) expect(keeps(drop)).toBe(true)
      if (drop > 0) expect(keeps(drop - 1)).toBe(false)
    }),
  )
})
