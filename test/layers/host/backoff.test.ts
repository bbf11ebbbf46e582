import fc from "fast-check"
import { expect, it } from "vitest"
import { decide, longestWait } from "../../../src/layers/host/backoff.ts"

const now = Date.UTC(2026, 0, 1)
const transient = fc.constantFrom(null, 429, 500, 502, 503, 504)
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

it("any status but a few is the caller's, whatever stands in its headers", () => {
  const others = fc.integer({ min: 100, max: 599 }).filter((status) => ![429, 500, 502, 503, 504].includes(status))
  fc.assert(
    fc.property(others, fc.nat(), fc.nat(), (status, tries, most) => {
      expect(decide({ status, retryAfter: "1", tries, most }, now, 0)).toEqual({ type: "take" })
    }),
  )
})

it("Retry-After is never shortened, in neither of its forms, and beyond the cap nobody waits", () => {
  fc.assert(
    fc.property(transient, fc.nat(20), chance, fc.nat(1_000), fc.boolean(), (status, tries, random, wait, asDate) => {
      const retryAfter = asDate ? new Date(now + wait * 1000).toUTCString() : `${wait}`
      const decision = decide({ status, retryAfter, tries: tries + 1, most: 22 }, now, random)
      if (wait * 1000 > longestWait) expect(decision).toEqual({ type: "give-up", retryAfter: wait * 1000 })
      else expect(decision).toMatchObject({ type: "again", after: expect.toSatisfy((after) => after >= wait * 1000) })
    }),
  )
})

it("waits twice as long each time, half of it by chance, up to half a minute", () => {
  fc.assert(
    fc.property(transient, fc.integer({ min: 1, max: 2_000 }), chance, (status, tries, random) => {
      const whole = Math.min(500 * 2 ** (tries - 1), 30_000)
      const decision = decide({ status, retryAfter: null, tries, most: 2_001 }, now, random)
      expect(decision.type === "again" && decision.after >= whole / 2 && decision.after <= whole).toBe(true)
    }),
  )
})

it("what is no time to wait asks for none", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom("-5", "soon", "1e9", "Infinity", "Mon, nonsense")),
      (retryAfter) => {
        fc.pre(!/^\s*\d+(\.\d+)?\s*$/.test(retryAfter))
        const decision = decide({ status: 503, retryAfter, tries: 1, most: 2 }, now, 0.5)
        expect(decision).toEqual({ type: "again", after: 375 })
      },
    ),
  )
})

it("after the last try it is enough, and what the provider asked for is told", () => {
  expect(decide({ status: 503, retryAfter: "7", tries: 4, most: 4 }, now, 0)).toEqual({
    type: "give-up",
    retryAfter: 7_000,
  })
  expect(decide({ status: null, retryAfter: null, tries: 1, most: 1 }, now, 0)).toEqual({
    type: "give-up",
    retryAfter: null,
  })
})
