import { assert, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { encrypting } from "../../../src/programs/dashboard/encrypting.ts"
import { TokenService } from "../../../src/services/TokenService.ts"
import { signedIn, tokensAt } from "../../layers/tokens/tokens.ts"

const key = { OPENISLANDS_KEY: "0123456789abcdef".repeat(4) }

/** What a server that starts with this environment logs of it. */
const starting = Effect.fnUntraced(function* (root: string, environment: Readonly<Record<string, string>>) {
  const said: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void said.push(`${logLevel}: ${[message].flat().join(" ")}`))
  const tokens = yield* tokensAt(root, environment)
  yield* encrypting.pipe(Effect.provideService(TokenService, tokens), Effect.provide(Logger.layer([logger])))
  return said
})

it.effect("a server that starts encrypts all tokens, and says what it cannot read and what it lacks", () =>
  Effect.gen(function* () {
    const { root, file } = yield* signedIn({ accessToken: "access-token-0" })
    const plain = readFileSync(file, "utf8")
    assert.deepEqual(yield* starting(root, {}), [])
    assert.strictEqual(readFileSync(file, "utf8"), plain)
    writeFileSync(path.join(path.dirname(file), "broken.json"), "{")

    const [encrypted, broken] = yield* starting(root, key)
    assert.match(encrypted ?? "", /^Info: the tokens of connector "acme" are encrypted with key [0-9a-f]{12} now$/)
    assert.match(broken ?? "", /^Warn: cannot read the tokens of connector "broken".*\nRestore the file/)
    assert.notInclude(readFileSync(file, "utf8"), "access-token-0")
    assert.lengthOf(yield* starting(root, key), 1)

    assert.match(
      (yield* starting(root, {}))[0] ?? "",
      /^Warn: .*"acme" are encrypted.* there is no key\nNothing was changed/,
    )
    const unusable = yield* starting(root, { OPENISLANDS_KEY: "a passphrase" })
    assert.deepEqual(unusable, [
      "Warn: the key in OPENISLANDS_KEY cannot be used: it is not 32 bytes in base64 or hex\nNothing was changed. Make a key with: openssl rand -base64 32.",
    ])
  }),
)
