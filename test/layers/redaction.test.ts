import { expect, it } from "vitest"
import { redactDocument, redactorOf } from "../../src/layers/redaction.ts"

const redact = redactorOf(['p@ss "word" é', "-----BEGIN-----\nline-one-of-key\r\nab\n", "short", "abcdef", "abcdefgh"])

it("takes out a value in every form that programs print it in", () => {
  const value = 'p@ss "word" é'
  const forms = [
    value,
    JSON.stringify({ value }),
    `https://x/?a=${encodeURIComponent(value)}`,
    new URLSearchParams({ value }).toString(),
    Buffer.from(value).toString("base64"),
    Buffer.from(value).toString("base64url"),
  ]
  for (const form of forms) {
    expect(redact(form)).toContain("[redacted]")
    expect(redact(form)).not.toMatch(/p@ss|p%40ss|word|cEBz/)
  }
})

it("takes out each line of a value of several, and the longest of values that overlap", () => {
  expect(redact("got line-one-of-key!")).toBe("got [redacted]!")
  expect(redact("abcdefgh")).toBe("[redacted]")
})

it("leaves alone what is too short to be told from any word, and everything when there is no secret", () => {
  expect(redact("a short ab")).toBe("a short ab")
  expect(redactorOf(["", "   ", "12345"])("12345 and all")).toBe("12345 and all")
})

it("reaches every text of a document, and changes nothing else", () => {
  const document = { _tag: "X", row: 1, none: null, places: [{ got: "abcdef" }] }
  expect(redactDocument(document, redact)).toEqual({ ...document, places: [{ got: "[redacted]" }] })
})
