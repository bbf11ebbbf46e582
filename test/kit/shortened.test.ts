import { responseError } from "@openislands/connector-kit"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { shortened } from "../../src/kit/responseError.ts"

const word = fc.stringMatching(/^[\w.~+/=%:-]{1,80}$/)
const gap = fc.constantFrom(" ", "\n", '"', "'", "<")

it("what is shortened ends between words: none of them is cut in two", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, gap)), word, fc.nat({ max: 400 }), (before, last, most) => {
      const text = before.flat().join("") + last
      const kept = shortened(text, most)
      expect(text.startsWith(kept)).toBe(true)
      expect(kept.length).toBeLessThanOrEqual(most)
      if (text.length <= most) expect(kept).toBe(text)
      else expect(/[\s"'<]/.test(text[kept.length]!)).toBe(kept !== "")
      // No more is given up than that takes.
      const next = text.slice(kept.length + 1).search(/[\s"'<]|$/)
      expect(kept.length + 1 + next).toBeGreaterThan(Math.min(most, text.length) - 1)
    }),
  )
})

it("a text without an end of a word is cut where it has to be", () => {
  expect(shortened("x".repeat(100_000), 50_000)).toHaveLength(50_000)
})

it("an error shows a provider's echo of a secret whole, where it is known for one, or not at all", async () => {
  const secret = "sk_live_51Hk9QzJ2eZvKYlo2C"
  for (let at = 150; at < 210; at++) {
    const body = `${"the request is wrong; ".repeat(20).slice(0, at)} ${secret} and more`
    const { message } = await responseError(new Response(body, { status: 400 }))
    expect(message.replace(secret, "")).not.toContain("sk_")
  }
})
