import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as fc from "fast-check"
import { randomBytes } from "node:crypto"
import type { Key } from "../../../src/layers/tokens/keys.ts"
import { isSealed, seal, unseal } from "../../../src/layers/tokens/sealing.ts"

const keyOf = (id: string): Key => ({ id, secret: randomBytes(32) })
const ours = keyOf("0123456789ab")
const older = keyOf("ba9876543210")

/** As a file is read: null for what is no document of ours. */
const opened = (text: string, keys: { readonly current?: Key; readonly previous?: Key } = {}, connector = "acme") => {
  const given = { current: keys.current ?? null, previous: keys.previous ?? null, texts: [] }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return null
  }
  if (!isSealed(document)) return null
  return Effect.runSync(Effect.result(unseal({ connector, file: `${connector}.json` }, text, document, given)))
}

const tagOf = (result: ReturnType<typeof opened>): string =>
  result === null ? "no document" : Result.isSuccess(result) ? "opened" : result.failure._tag

const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,20}$/)

describe("what is encrypted", () => {
  it("is what comes out again, whatever it is, and never looks the same twice", () => {
    fc.assert(
      fc.property(name, fc.string({ unit: "grapheme", maxLength: 500 }), (connector, text) => {
        const once = seal(connector, text, ours)
        const twice = seal(connector, text, ours)
        assert.notStrictEqual(JSON.parse(once).nonce, JSON.parse(twice).nonce)
        assert.notStrictEqual(JSON.parse(once).sealed, JSON.parse(twice).sealed)
        for (const file of [once, twice]) {
          const result = opened(file, { current: ours, previous: older }, connector)
          assert.deepEqual(result, Result.succeed({ text, key: ours }))
        }
        assert.deepEqual(
          opened(once, { current: older, previous: ours }, connector),
          Result.succeed({ text, key: ours }),
        )
        if (text.length > 8) assert.notInclude(once, text)
      }),
    )
  })

  it("is refused with any bit of it changed, any part of it cut off and anything added", () => {
    const file = Buffer.from(seal("acme", `{"accessToken":"a-token-${"x".repeat(40)}"}`, ours))
    const refused = (bytes: Buffer, what: string) =>
      assert.include(
        ["no document", "TokensUnreadable", "KeyWrong"],
        tagOf(opened(bytes.toString("utf8"), { current: ours })),
        what,
      )
    // All of them: there are few enough.
    for (let at = 0; at < file.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(file)
        changed[at]! ^= 1 << bit
        refused(changed, `bit ${bit} of byte ${at}`)
      }
      refused(file.subarray(0, at), `the first ${at} bytes`)
      refused(Buffer.concat([file.subarray(0, at), Buffer.from(" "), file.subarray(at)]), `a space at ${at}`)
    }
  })

  it("is refused when a part comes from another file, though each is genuine", () => {
    const fields = ["encrypted", "version", "connector", "cipher", "keyId", "nonce", "sealed"]
    const one = JSON.parse(seal("acme", "one", ours))
    for (const other of [seal("acme", "two", ours), seal("other", "one", ours), seal("acme", "one", older)]) {
      for (const field of fields) {
        const mixed = { ...one, [field]: JSON.parse(other)[field] }
        const text = `${JSON.stringify(mixed, null, 2)}\n`
        if (JSON.stringify(mixed) === JSON.stringify(one)) continue
        assert.strictEqual(tagOf(opened(text, { current: ours, previous: older })), "TokensUnreadable", field)
      }
    }
  })

  it("says whose it is, what it needs, and who wrote it", () => {
    const file = seal("acme", "text", ours)
    assert.strictEqual(tagOf(opened(file)), "KeyMissing")
    assert.strictEqual(tagOf(opened(file, { current: older })), "KeyWrong")
    const moved = opened(file, { current: ours }, "other")
    assert.isTrue(moved !== null && Result.isFailure(moved) && moved.failure.message.includes('for connector "acme"'))
    // Whoever swaps two files can write the other name into them, and gains nothing.
    const renamed = file.replace('"connector": "acme"', '"connector": "other"')
    assert.strictEqual(tagOf(opened(renamed, { current: ours }, "other")), "TokensUnreadable")
    const newer = opened(file.replace('"version": 1', '"version": 2'), { current: ours })
    assert.isTrue(newer !== null && Result.isFailure(newer) && newer.failure.message.includes("newer version"))
    // Another key under the same id, as a thief might try.
    assert.strictEqual(tagOf(opened(file, { current: keyOf(ours.id) })), "TokensUnreadable")
  })
})
