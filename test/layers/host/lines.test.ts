import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Lines } from "../../../src/layers/host/lines.ts"

const linesOf = (chunks: Iterable<Buffer>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const framer = new Lines((text) => lines.push(text))
  for (const chunk of chunks) framer.push(chunk)
  framer.flush()
  return lines
}

const limit = 64 * 1024

describe("lines", () => {
  it("are the same however the bytes are cut", () => {
    const text = fc.array(fc.oneof(fc.constantFrom("\n", "a", "é", "€", "😀"), fc.string({ unit: "grapheme" })))
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 7 })), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""))
        const chunks: Array<Buffer> = []
        let from = 0
        for (const cut of cuts) chunks.push(bytes.subarray(from, (from += cut)))
        chunks.push(bytes.subarray(from))
        const expected = parts.join("").split("\n")
        if (expected.at(-1) === "") expected.pop()
        assert.deepEqual(
          linesOf(chunks),
          expected.map((line) => line.replace(/\r$/, "")),
        )
      }),
    )
  })

  it("are cut at 64 KB, between characters, and the rest is counted", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["x".repeat(limit), "x".repeat(limit)],
      ["x".repeat(limit + 1), `${"x".repeat(limit)}... (1 more bytes)`],
      [`${"x".repeat(limit - 1)}é`, `${"x".repeat(limit - 1)}... (2 more bytes)`],
      [`${"x".repeat(limit - 2)}é!`, `${"x".repeat(limit - 2)}é... (1 more bytes)`],
      [`${"x".repeat(limit - 3)}😀yz`, `${"x".repeat(limit - 3)}... (6 more bytes)`],
    ]
    for (const [line, expected] of cases) {
      const bytes = Buffer.from(`${line}\nnext`)
      const inBits = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, at) =>
        bytes.subarray(at * 1000, at * 1000 + 1000),
      )
      for (const chunks of [[bytes], inBits]) {
        assert.deepEqual(
          linesOf(chunks).map((text) => text.slice(-40)),
          [expected.slice(-40), "next"],
        )
        assert.strictEqual(linesOf(chunks)[0]?.length, expected.length)
      }
    }
  })

  it("are cut between words where they have any: a half of a secret would not be known for one", () => {
    const secret = "sk_live_51Hk9QzJ2eZvKYlo2C"
    for (const at of [limit - secret.length, limit - 20, limit - 1, limit]) {
      const bytes = Buffer.from(`${"x ".repeat(limit).slice(0, at - 1)} ${secret} and "more"\n`)
      const [text = ""] = linesOf([bytes])
      assert.notInclude(text.replace(secret, ""), "sk_")
      const [, kept = "", more = ""] = /^([^]*)\.\.\. \((\d+) more bytes\)$/.exec(text) ?? []
      assert.strictEqual(Buffer.byteLength(kept) + Number(more), bytes.length - 1)
    }
  })

  it("of nothing are none", () => {
    assert.deepEqual(linesOf([]), [])
    assert.deepEqual(linesOf([Buffer.from("")]), [])
    assert.deepEqual(linesOf([Buffer.from("\n\r\n")]), ["", ""])
  })
})
