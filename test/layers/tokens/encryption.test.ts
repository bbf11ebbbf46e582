import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { json, provider, signingIn } from "../../fixtures/oauthProvider.ts"
import { redirectUri, signedIn, signIn, tokensAt } from "./tokens.ts"

const OPENISLANDS_KEY = randomBytes(32).toString("base64")
const withKey = { OPENISLANDS_KEY }
const otherKey = { OPENISLANDS_KEY: randomBytes(32).toString("hex") }
const rotating = { ...otherKey, OPENISLANDS_KEY_PREVIOUS: OPENISLANDS_KEY }

const stored = { accessToken: "access-token-0", refreshToken: "refresh-token-0", expiresAt: 1e15 }
const given = { accessToken: "access-token-0", refreshToken: "refresh-token-0", expiresAt: 1e15 }

/** Gives a new refresh token each time. */
const refreshing = provider((request, response) => {
  const [, count = "0"] = request.body.get("refresh_token")?.split("-token-") ?? []
  const next = Number(count) + 1
  const tokens = { access_token: `access-token-${next}`, refresh_token: `refresh-token-${next}`, expires_in: 3600 }
  json(response, { ...tokens, token_type: "bearer" })
})

/** A project whose tokens were encrypted, and a way to see that nobody touched them. */
const encrypted = Effect.fnUntraced(function* (more: object = {}) {
  const { url, requests } = yield* refreshing
  const project = yield* signedIn({ ...stored, ...more })
  yield* (yield* tokensAt(project.root, withKey)).keepAll("encrypted")
  const bytes = readFileSync(project.file)
  const { ino } = statSync(project.file)
  const assertUntouched = () => {
    assert.isTrue(readFileSync(project.file).equals(bytes))
    assert.strictEqual(statSync(project.file).ino, ino)
    assert.lengthOf(requests, 0)
  }
  return { ...project, url, requests, assertUntouched }
})

const accessTokenOf = (tokens: Effect.Success<ReturnType<typeof tokensAt>>, url: string) =>
  Effect.map(tokens.credentials("acme", signingIn(url)), ({ tokens }) => tokens)

describe("with a key", () => {
  it.effect("tokens kept as plain text do, and are encrypted when they are used", () =>
    Effect.gen(function* () {
      const { root, file } = yield* signedIn(stored)
      const tokens = yield* tokensAt(root, withKey)
      assert.deepInclude(yield* tokens.status("acme", signingIn("https://a.example")), { connected: true, error: null })
      assert.include(readFileSync(file, "utf8"), stored.accessToken)
      assert.deepEqual(yield* accessTokenOf(tokens, "https://a.example"), given)
      const text = readFileSync(file, "utf8")
      assert.notInclude(text, "-token-")
      assert.include(text, '"encrypted": "openislands tokens"')
      assert.include(text, '"connector": "acme"')
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepEqual(yield* accessTokenOf(tokens, "https://a.example"), given)
      assert.strictEqual(readFileSync(file, "utf8"), text)
      assert.deepInclude(yield* tokens.status("acme", signingIn("https://a.example")), { connected: true, error: null })
    }),
  )

  it.effect("new tokens are encrypted from the start: those of a sign-in, and those of a refresh", () =>
    Effect.gen(function* () {
      const { url } = yield* refreshing
      const { root, file } = yield* signedIn(null)
      const tokens = yield* tokensAt(root, withKey)
      yield* signIn(tokens, signingIn(url))
      const first = readFileSync(file, "utf8")
      assert.notInclude(first, "-token-")
      assert.strictEqual((yield* accessTokenOf(tokens, url))?.accessToken, "access-token-1")
      assert.strictEqual((yield* tokens.renew("acme", signingIn(url), "access-token-1"))?.accessToken, "access-token-2")
      const second = readFileSync(file, "utf8")
      assert.notInclude(second, "-token-")
      assert.notStrictEqual(JSON.parse(first).nonce, JSON.parse(second).nonce)
      assert.isFalse(existsSync(`${file}.new`))
    }),
  )

  it.effect("tokens that cannot be rewritten stay as they are, and the error says so", () =>
    Effect.gen(function* () {
      const { root, file } = yield* signedIn(stored)
      const before = readFileSync(file, "utf8")
      // As on a full disk: the new file cannot be made.
      mkdirSync(`${file}.new/something`, { recursive: true })
      const tokens = yield* tokensAt(root, withKey)
      const error = yield* Effect.flip(tokens.credentials("acme", signingIn("https://a.example")))
      assert.deepInclude(error, { _tag: "TokensUnwritable", file: ".openislands/connectors/acme.json" })
      const { tokens: all } = (yield* tokens.keepAll("encrypted"))!
      assert.strictEqual((all[0]?.error as { _tag?: string } | null)?._tag, "TokensUnwritable")
      assert.strictEqual(readFileSync(file, "utf8"), before)
      assert.isTrue((yield* tokens.status("acme", signingIn("https://a.example"))).connected)
    }),
  )

  it.effect("of the wrong form, nothing is touched, and the connector says why", () =>
    Effect.gen(function* () {
      const { root, url, assertUntouched } = yield* encrypted({ expiresAt: 1 })
      const tokens = yield* tokensAt(root, { OPENISLANDS_KEY: "a passphrase" })
      for (const error of [
        yield* Effect.flip(tokens.credentials("acme", signingIn(url))),
        yield* Effect.flip(tokens.authorize("acme", signingIn(url), redirectUri)),
        yield* Effect.flip(tokens.kept),
        yield* Effect.flip(tokens.keepAll("plain")),
        (yield* tokens.status("acme", signingIn(url))).error,
      ]) {
        assert.deepInclude(error, { _tag: "KeyUnusable", from: "OPENISLANDS_KEY" })
      }
      assertUntouched()
      // What needs no tokens of ours doesn't suffer from it.
      const keyless = { ...signingIn(url), auth: null }
      assert.isTrue((yield* tokens.status("acme", keyless)).connected)
    }),
  )
})

for (const [what, environment, tag] of [
  ["no key", {}, "KeyMissing"],
  ["another key", otherKey, "KeyWrong"],
] as const) {
  describe(`with ${what}, encrypted tokens`, () => {
    it.effect("are an error that names the file and the next step; nothing is asked for and nothing touched", () =>
      Effect.gen(function* () {
        const { root, url, assertUntouched } = yield* encrypted({ expiresAt: 1 })
        const tokens = yield* tokensAt(root, environment)
        const declaration = signingIn(url)
        const errors = [
          yield* Effect.flip(tokens.credentials("acme", declaration)),
          yield* Effect.flip(tokens.renew("acme", declaration, "access-token-0")),
          yield* Effect.flip(tokens.authorize("acme", declaration, redirectUri)),
        ]
        const status = yield* tokens.status("acme", declaration)
        assert.isFalse(status.connected)
        for (const error of [...errors, status.error]) {
          assert.deepInclude(error, { _tag: tag, file: ".openislands/connectors/acme.json" })
          assert.include((error as { suggestion: string }).suggestion, "Nothing was changed")
          assert.include((error as { suggestion: string }).suggestion, "OPENISLANDS_KEY")
        }
        yield* tokens.redactor
        yield* tokens.keepAll("encrypted")
        yield* tokens.keepAll("plain")
        assertUntouched()
        // The key makes all good again.
        const keyed = yield* tokensAt(root, withKey)
        assert.strictEqual((yield* accessTokenOf(keyed, url))?.accessToken, "access-token-1")
      }),
    )

    it.effect("are not overwritten by a sign-in that was begun before they were encrypted", () =>
      Effect.gen(function* () {
        const { url, requests } = yield* refreshing
        const { root, file } = yield* signedIn(stored)
        const tokens = yield* tokensAt(root, environment)
        const { state } = yield* tokens.authorize("acme", signingIn(url), redirectUri)
        yield* (yield* tokensAt(root, withKey)).keepAll("encrypted")
        const before = readFileSync(file, "utf8")
        const ended = tokens.complete("acme", new URLSearchParams({ state, code: "the-code" }))
        assert.strictEqual((yield* Effect.flip(ended))._tag, tag)
        assert.strictEqual(readFileSync(file, "utf8"), before)
        assert.lengthOf(requests, 0)
      }),
    )

    it.effect("can be forgotten, which says that the provider wasn't told, and then signed in anew", () =>
      Effect.gen(function* () {
        const { root, file, url, requests } = yield* encrypted()
        const tokens = yield* tokensAt(root, environment)
        const declaration = signingIn(url, { revocationUrl: `${url}/revoke` })
        assert.deepEqual(yield* tokens.disconnect("acme", declaration), { revoked: false })
        assert.isFalse(existsSync(file))
        assert.lengthOf(requests, 0)
        yield* signIn(tokens, declaration)
        assert.isTrue((yield* tokens.status("acme", declaration)).connected)
      }),
    )

    it.effect("of a connector that needs nobody to sign in are an error as well", () =>
      Effect.gen(function* () {
        const { root, url, assertUntouched } = yield* encrypted()
        const tokens = yield* tokensAt(root, environment)
        const { auth } = signingIn(url)
        const { authorizeUrl: _none, ...data } = auth!.data as object as { readonly authorizeUrl: string }
        const declaration = { ...signingIn(url), auth: { type: "oauth2-client-credentials", data } as never }
        const status = yield* tokens.status("acme", declaration)
        assert.strictEqual(status.error?._tag, tag)
        assert.isFalse(status.connected)
        assert.strictEqual((yield* Effect.flip(tokens.credentials("acme", declaration)))._tag, tag)
        assertUntouched()
      }),
    )
  })
}

describe("a new key", () => {
  it.effect("takes the place of the previous one as tokens are used", () =>
    Effect.gen(function* () {
      const { root, url, requests } = yield* encrypted()
      const both = yield* tokensAt(root, rotating)
      assert.deepInclude((yield* both.kept).tokens[0], { kept: "previous", error: null })
      assert.deepEqual(yield* accessTokenOf(both, url), given)
      assert.lengthOf(requests, 0)
      const next = yield* tokensAt(root, otherKey)
      assert.deepEqual(yield* accessTokenOf(next, url), given)
      assert.deepInclude((yield* next.kept).tokens[0], { kept: "encrypted", error: null })
      const former = yield* tokensAt(root, withKey)
      assert.strictEqual((yield* Effect.flip(accessTokenOf(former, url)))._tag, "KeyWrong")
    }),
  )

  it.effect("and all at once, whatever there is: plain, encrypted before, unreadable", () =>
    Effect.gen(function* () {
      const { root, file } = yield* encrypted()
      const directory = path.dirname(file)
      writeFileSync(path.join(directory, "plain.json"), JSON.stringify(stored))
      writeFileSync(path.join(directory, "broken.json"), "{")
      writeFileSync(path.join(directory, "moved.json"), readFileSync(file))
      const tokens = yield* tokensAt(root, rotating)
      const { keyId, tokens: all } = (yield* tokens.keepAll("encrypted"))!
      assert.deepEqual(
        all.map(({ connector, kept, error }) => [connector, kept, (error as { _tag?: string } | null)?._tag ?? null]),
        [
          ["acme", "encrypted", null],
          ["broken", null, "TokensUnreadable"],
          ["moved", null, "TokensUnreadable"],
          ["plain", "encrypted", null],
        ],
      )
      assert.deepEqual((yield* tokens.kept).tokens, all)
      assert.strictEqual(all[0]?.keyId, keyId)
      assert.strictEqual(readFileSync(path.join(directory, "broken.json"), "utf8"), "{")

      yield* tokens.keepAll("plain")
      assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), stored)
      assert.deepEqual(JSON.parse(readFileSync(path.join(directory, "plain.json"), "utf8")), stored)
      assert.isNull(yield* (yield* tokensAt(root)).keepAll("plain"))
    }),
  )
})

describe("two processes", () => {
  it.effect("one with the key and one without: whatever they do, the tokens are never lost or bared", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* refreshing
      const { root, file } = yield* signedIn({ ...stored, expiresAt: 1 })
      const keyed = yield* tokensAt(root, withKey)
      const keyless = yield* tokensAt(root)
      // The first of them refreshes; the others, who waited, find what it left.
      const all = yield* Effect.all(
        [keyed, keyless, keyed, keyless].map((tokens) => Effect.result(accessTokenOf(tokens, url))),
        { concurrency: "unbounded" },
      )
      assert.lengthOf(requests, 1)
      assert.isTrue(all.some(({ _tag }) => _tag === "Success"))
      for (const one of all) {
        if (one._tag === "Success") assert.strictEqual(one.success?.accessToken, "access-token-1")
        else assert.strictEqual(one.failure._tag, "KeyMissing")
      }
      assert.notInclude(readFileSync(file, "utf8"), "-token-")
      assert.strictEqual((yield* Effect.flip(accessTokenOf(keyless, url)))._tag, "KeyMissing")
      assert.strictEqual((yield* keyed.renew("acme", signingIn(url), "access-token-1"))?.accessToken, "access-token-2")
    }),
  )
})

describe("redaction", () => {
  it.effect("knows encrypted tokens and the key itself, in the forms that it may be written in", () =>
    Effect.gen(function* () {
      const { root } = yield* encrypted()
      const redact = yield* (yield* tokensAt(root, rotating)).redactor
      const hex = Buffer.from(OPENISLANDS_KEY, "base64").toString("hex")
      for (const secret of [
        ...Object.values(stored).slice(0, 2).map(String),
        OPENISLANDS_KEY,
        hex,
        ...Object.values(rotating),
      ]) {
        assert.strictEqual(redact(`it is ${secret}.`), "it is [redacted].")
      }
      // What is no key is a secret all the same, and doesn't keep other tokens from being known.
      const plain = yield* signedIn(stored)
      const mistaken = yield* (yield* tokensAt(plain.root, { OPENISLANDS_KEY: "a passphrase" })).redactor
      assert.strictEqual(mistaken("a passphrase, refresh-token-0"), "[redacted], [redacted]")
    }),
  )
})
