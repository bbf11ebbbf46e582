import { assert, it } from "@effect/vitest"
import { SecretTexts } from "../../../src/layers/tokens/secretTexts.ts"

const token = (serial: number) => `token-${serial}-of-a-provider`

it("tokens that were replaced stay secrets for long, and not for ever: a server refreshes them for years", () => {
  const secrets = new SecretTexts()
  secrets.add(["a value of .env"])
  for (let serial = 0; serial < 5_000; serial++) {
    // One that is good for long, beside one that is replaced all the time.
    secrets.addTokens([token(-1), token(serial)])
  }
  const shown = (text: string): boolean => secrets.redact(`it said: ${text}!`).includes(text)
  for (const secret of ["a value of .env", token(-1), token(4_999), token(4_100)]) assert.isFalse(shown(secret), secret)
  assert.isTrue(shown(token(0)))
})
