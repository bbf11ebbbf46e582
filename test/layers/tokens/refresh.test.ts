import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { writeFileSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { json, provider, signingIn } from "../../fixtures/oauthProvider.ts"
import { signedIn } from "./tokens.ts"

/** Rotates: each refresh token is good for once. */
const rotating = (more: object = {}) =>
  provider((request, response) => {
    const [, count = "0"] = request.body.get("refresh_token")?.split("-") ?? []
    const next = Number(count) + 1
    json(response, { access_token: `a-${next}`, refresh_token: `r-${next}`, token_type: "bearer", ...more })
  })

describe("an access token", () => {
  it.effect("is refreshed from a minute before its end, and the new one is kept before it is used", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* rotating({ expires_in: 3600 })
      const { tokens, kept } = yield* signedIn({ accessToken: "a-0", refreshToken: "r-0", expiresAt: 3_600_000 })
      const given = Effect.map(tokens.credentials("acme", signingIn(url)), (credentials) => credentials.tokens)
      yield* TestClock.setTime(3_600_000 - 60_001)
      assert.strictEqual((yield* given)?.accessToken, "a-0")
      assert.lengthOf(requests, 0)
      yield* TestClock.adjust(1)
      const expected = { accessToken: "a-1", refreshToken: "r-1", expiresAt: 3_540_000 + 3_600_000 }
      assert.deepEqual(yield* given, expected)
      assert.deepInclude(yield* kept, expected)
      assert.strictEqual((yield* given)?.accessToken, "a-1")
      assert.lengthOf(requests, 1)
      assert.strictEqual(requests[0]?.body.get("grant_type"), "refresh_token")
    }),
  )

  it.effect("without an end is used until the provider refuses it; of all who were refused one refreshes", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* rotating()
      const { tokens } = yield* signedIn({ accessToken: "a-0", refreshToken: "r-0" })
      const declaration = signingIn(url)
      assert.strictEqual((yield* tokens.credentials("acme", declaration)).tokens?.accessToken, "a-0")
      const renewed = yield* Effect.all(
        Array.from({ length: 20 }, () => tokens.renew("acme", declaration, "a-0")),
        { concurrency: "unbounded" },
      )
      assert.deepEqual(new Set(renewed.map((one) => one?.accessToken)), new Set(["a-1"]))
      assert.lengthOf(requests, 1)
      assert.strictEqual((yield* tokens.renew("acme", declaration, "a-1"))?.accessToken, "a-2")
    }),
  )

  for (const [seconds, what] of [
    [0, "over at once is used once, and refreshed the next time"],
    [10 * 365 * 86_400, "that lasts ten years is not refreshed"],
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { url, requests } = yield* rotating({ expires_in: seconds })
        const { tokens } = yield* signedIn({ accessToken: "a-0", refreshToken: "r-0", expiresAt: 1 })
        const given = Effect.map(tokens.credentials("acme", signingIn(url)), (credentials) => credentials.tokens)
        assert.strictEqual((yield* given)?.accessToken, "a-1")
        yield* TestClock.adjust("300 days")
        assert.strictEqual((yield* given)?.accessToken, seconds === 0 ? "a-2" : "a-1")
        assert.lengthOf(requests, seconds === 0 ? 2 : 1)
      }),
    )
  }

  it.effect("whose end a clock that was set back puts far away is still renewed when it is refused", () =>
    Effect.gen(function* () {
      const { url } = yield* rotating({ expires_in: 3600 })
      const { tokens } = yield* signedIn({ accessToken: "a-0", refreshToken: "r-0", expiresAt: 7_200_000 })
      assert.strictEqual((yield* tokens.credentials("acme", signingIn(url))).tokens?.accessToken, "a-0")
      assert.strictEqual((yield* tokens.renew("acme", signingIn(url), "a-0"))?.accessToken, "a-1")
    }),
  )

  it.effect("that ends without a refresh token says that somebody has to sign in again", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* rotating()
      const { tokens } = yield* signedIn({ accessToken: "a-0", expiresAt: 1_000 })
      yield* TestClock.setTime(1_000)
      const error = yield* tokens.credentials("acme", signingIn(url)).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "NotConnected" })
      assert.include(error.message, "no refresh token")
      assert.deepInclude(yield* tokens.status("acme", signingIn(url)), { connected: false })
      assert.lengthOf(requests, 0)
    }),
  )
})

describe("a refresh that is refused", () => {
  const revoking = provider((_request, response) =>
    json(response, { error: "invalid_grant", error_description: "revoked by the user" }, 400),
  )

  it.effect("ends the connection, says why, and doesn't ask again", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* revoking
      const { tokens, kept } = yield* signedIn({ accessToken: "a", refreshToken: "r", expiresAt: 1 })
      const declaration = signingIn(url, { tokenEndpointAuthMethod: "client_secret_basic" })
      for (let time = 0; time < 2; time++) {
        const error = yield* tokens.credentials("acme", declaration).pipe(Effect.flip)
        assert.deepInclude(error, {
          _tag: "NotConnected",
          why: "the provider took the sign-in back: revoked by the user",
        })
      }
      assert.lengthOf(requests, 1)
      const status = yield* tokens.status("acme", declaration)
      assert.isFalse(status.connected)
      assert.include(status.error?.message, "revoked by the user")
      assert.deepInclude(yield* kept, { accessToken: "a", refreshToken: "r" })
    }),
  )

  it.effect("counts only while nobody else has newer tokens", () =>
    Effect.gen(function* () {
      let file = ""
      const { url } = yield* provider((_request, response) => {
        // Another program, which doesn't know of our lock, was a moment earlier.
        writeFileSync(file, JSON.stringify({ accessToken: "theirs", refreshToken: "r-theirs" }))
        json(response, { error: "invalid_grant" }, 400)
      })
      const project = yield* signedIn({ accessToken: "a", refreshToken: "r", expiresAt: 1 })
      file = project.file
      const { tokens } = yield* project.tokens.credentials("acme", signingIn(url))
      assert.strictEqual(tokens?.accessToken, "theirs")
      assert.isTrue((yield* project.tokens.status("acme", signingIn(url))).connected)
    }),
  )

  it.live("is not lost when whoever waits for it goes away", () =>
    Effect.gen(function* () {
      const asked = Promise.withResolvers<ServerResponse>()
      const { url } = yield* provider((_request, response) => asked.resolve(response))
      const { tokens, kept } = yield* signedIn({ accessToken: "a", refreshToken: "r", expiresAt: 1 })
      const waiting = yield* Effect.forkChild(tokens.credentials("acme", signingIn(url)))
      const response = yield* Effect.promise(() => asked.promise)
      const leaving = yield* Effect.forkChild(Fiber.interrupt(waiting))
      yield* Effect.sleep("20 millis")
      json(response, { access_token: "new", refresh_token: "r-new" })
      yield* Fiber.join(leaving)
      assert.deepInclude(yield* kept, { accessToken: "new", refreshToken: "r-new" })
    }),
  )
})

describe("client credentials", () => {
  it.effect("need nobody to sign in, are kept while they last, and fetched anew", () =>
    Effect.gen(function* () {
      let count = 0
      const { url, requests } = yield* provider((_request, response) =>
        json(response, { access_token: `c-${++count}`, expires_in: 600, token_type: "bearer" }),
      )
      const { tokens } = yield* signedIn(null)
      const declaration = {
        ...signingIn(url),
        auth: {
          type: "oauth2-client-credentials" as const,
          data: {
            issuer: null,
            tokenUrl: `${url}/token`,
            scopes: ["read", "write"],
            scopeSeparator: ",",
            clientIdEnv: "CLIENT_ID",
            clientSecretEnv: "CLIENT_SECRET",
            tokenEndpointAuthMethod: null,
            tokenParams: { audience: "https://api.example" },
          },
        },
      }
      assert.deepInclude(yield* tokens.status("acme", declaration), { connected: true, error: null })
      const given = Effect.map(tokens.credentials("acme", declaration), (credentials) => credentials.tokens)
      assert.deepEqual(yield* given, { accessToken: "c-1", expiresAt: 600_000 })
      assert.strictEqual((yield* given)?.accessToken, "c-1")
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual((yield* given)?.accessToken, "c-2")
      assert.strictEqual((yield* tokens.renew("acme", declaration, "c-2"))?.accessToken, "c-3")
      assert.deepInclude(Object.fromEntries(requests[0]!.body), {
        grant_type: "client_credentials",
        scope: "read,write",
        audience: "https://api.example",
      })
    }),
  )
})
