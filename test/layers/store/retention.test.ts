import * as fc from "fast-check"
import { expect, it } from "vitest"
import { overLimits } from "../../../src/layers/store/retention.ts"

const sizes = fc.array(fc.nat(100), { maxLength: 12 })
const limits = fc.record({ checkpoints: fc.nat(12), bytes: fc.nat(400) })

it("as few of the oldest go as the limits demand, and the newest never", () => {
  fc.assert(
    fc.property(sizes, limits, (all, limit) => {
      const drop = overLimits(all, limit)
      const keeps = (from: number) => {
        const kept = all.slice(from)
        return kept.length <= limit.checkpoints && kept.reduce((sum, size) => sum + size, 0) <= limit.bytes
      }
      expect(drop).toBeLessThanOrEqual(Math.max(0, all.length - 1))
      if (drop < all.length - 1) expect(keeps(drop)).toBe(true)
      if (drop > 0) expect(keeps(drop - 1)).toBe(false)
    }),
  )
})
