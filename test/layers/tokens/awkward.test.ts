import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ProviderPatience } from "../../../src/layers/tokens/provider.ts"
import type { ServerResponse } from "node:http"
import { json, provider, signingIn, type TokenRequest } from "../../fixtures/oauthProvider.ts"
import { clientSecret, signedIn, signIn } from "./tokens.ts"

/** What providers answer in place of the standard's, and what comes of it in the end. */
const readable: ReadonlyArray<readonly [string, (response: ServerResponse) => void, object]> = [
  [
    "form-encoded",
    (response) =>
      response
        .writeHead(200, { "content-type": "application/x-www-form-urlencoded" })
        .end("access_token=a%2Bb&refresh_token=r&expires_in=60&scope=read"),
    { accessToken: "a+b", refreshToken: "r", expiresAt: 60_000 },
  ],
  [
    "form-encoded under the name of text",
    (response) => response.writeHead(200, { "content-type": "text/plain" }).end("access_token=a&token_type=bearer\n"),
    { accessToken: "a" },
  ],
  [
    "JSON under the name of a page",
    (response) =>
      response.writeHead(200, { "content-type": "text/html" }).end('{"access_token":"a","token_type":"bearer"}'),
    { accessToken: "a" },
  ],
  [
    "without an end or a refresh token",
    (response) => json(response, { access_token: "a", token_type: "bearer" }),
    { accessToken: "a" },
  ],
  ["without a type", (response) => json(response, { access_token: "a" }), { accessToken: "a" }],
  [
    "of an oddly written type",
    (response) => json(response, { access_token: "a", token_type: "bEaReR" }),
    { accessToken: "a" },
  ],
  [
    "whose end is a text",
    (response) => json(response, { access_token: "a", token_type: "bearer", expires_in: "3600" }),
    { accessToken: "a", expiresAt: 3_600_000 },
  ],
  [
    "whose end makes no sense",
    (response) => json(response, { access_token: "a", token_type: "bearer", expires_in: "soon", refresh_token: null }),
    { accessToken: "a" },
  ],
  [
    "with an identity token of somebody's",
    (response) =>
      json(response, { access_token: "a", token_type: "bearer", id_token: "not.a.token", scope: ["x", "y"] }),
    { accessToken: "a", scope: "x y" },
  ],
  [
    "with status 201",
    (response) => json(response, { access_token: "a", token_type: "bearer" }, 201),
    { accessToken: "a" },
  ],
]

const refusedAnyhow = "Click Connect to try again; if it stays like this, look the error up at the provider."

const unusable: ReadonlyArray<readonly [string, (response: ServerResponse) => void, object, string]> = [
  [
    "an error inside a success",
    (response) => json(response, { error: "bad_verification_code", error_description: "The code is old" }),
    { _tag: "ProviderRefused", error: "bad_verification_code", description: "The code is old" },
    "The code is old",
  ],
  [
    "an error by a name that every object of JavaScript knows",
    (response) => json(response, { error: "constructor" }, 400),
    { _tag: "ProviderRefused", error: "constructor", suggestion: refusedAnyhow },
    "refused to hand out tokens: constructor",
  ],
  [
    "a form-encoded error inside a success",
    (response) => response.writeHead(200, { "content-type": "text/plain" }).end("error=incorrect_code&error_uri=x"),
    { _tag: "ProviderRefused", error: "incorrect_code" },
    "incorrect_code",
  ],
  [
    "a page",
    (response) =>
      response
        .writeHead(502, { "content-type": "text/html" })
        .end("<html><style>b{}</style><b>Bad gateway</b><script>alert(1)</script></html>"),
    { _tag: "ProviderUnusable", transient: true },
    "answered 502: Bad gateway",
  ],
  [
    "a page in which nothing is closed",
    (response) => response.writeHead(502, { "content-type": "text/html" }).end(`Oh ${"<".repeat(900_000)}`),
    { _tag: "ProviderUnusable", transient: true },
    "answered 502: Oh",
  ],
  [
    "a page that repeats a secret where it is cut",
    (response) => response.writeHead(500).end(`${"why ".repeat(48)}secret=1234567890`),
    { _tag: "ProviderUnusable", transient: true },
    "answered 500: why why",
  ],
  [
    "a redirect",
    (response) => response.writeHead(307, { location: "https://elsewhere.example/token?secret=1" }).end(),
    { _tag: "ProviderUnusable", transient: false },
    "redirects to https://elsewhere.example/token",
  ],
  [
    "10 MB",
    (response) => json(response, { access_token: "a".repeat(10_000_000), token_type: "bearer" }),
    { _tag: "ProviderUnusable", transient: false },
    "more than 1 MiB",
  ],
  ["no token", (response) => json(response, { token_type: "bearer" }), { _tag: "ProviderUnusable" }, "access_token"],
  ["nothing", (response) => response.writeHead(200).end(), { _tag: "ProviderUnusable" }, "cannot be used"],
  [
    "a token of a kind that no connector can use",
    (response) => json(response, { access_token: "a", token_type: "mac" }),
    { _tag: "ProviderUnusable", transient: false },
    "token_type",
  ],
  [
    "a broken connection",
    (response) => response.socket?.destroy(),
    { _tag: "ProviderUnusable", transient: true },
    "cannot be reached",
  ],
]

describe("a provider's answer", () => {
  for (const [what, answer, expected] of readable) {
    it.effect(`${what} is understood`, () =>
      Effect.gen(function* () {
        const { url } = yield* provider((_request, response) => answer(response))
        const { tokens, kept } = yield* signedIn(null)
        yield* signIn(tokens, signingIn(url))
        const { obtainedAt: _at, authMethod: _method, ...stored } = yield* kept
        assert.deepEqual(stored, {
          ...("scope" in expected || !("scope" in stored) ? {} : { scope: "read" }),
          ...expected,
        })
      }),
    )
  }

  for (const [what, answer, expected, words] of unusable) {
    it.effect(`of ${what} is an error that says so, and changes nothing`, () =>
      Effect.gen(function* () {
        const { url } = yield* provider((_request, response) => answer(response))
        const before = { accessToken: "before", refreshToken: "r" }
        const { tokens, kept } = yield* signedIn(before)
        const error = yield* signIn(tokens, signingIn(url)).pipe(Effect.flip)
        assert.deepInclude(error, expected)
        assert.include(error.message, words)
        assert.notInclude(error.message + error.suggestion, clientSecret)
        assert.notInclude(error.message, "secret=1")
        assert.deepEqual(yield* kept, before)
      }),
    )
  }
})

describe("a provider", () => {
  it.live("that is too busy for a moment is asked again", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* provider((_request, response) =>
        requests.length < 3
          ? response.writeHead(503, { "content-type": "text/html" }).end("<h1>Busy</h1>")
          : json(response, { access_token: "new", token_type: "bearer" }),
      )
      const { tokens, kept } = yield* signedIn({ accessToken: "a", refreshToken: "r", expiresAt: 1 })
      yield* tokens.credentials("acme", signingIn(url))
      assert.lengthOf(requests, 3)
      // What is not said again stays.
      assert.deepInclude(yield* kept, { accessToken: "new", refreshToken: "r" })
    }),
  )

  it.live("that never answers is given up, and everything stays as it was", () =>
    Effect.gen(function* () {
      const { url } = yield* provider(() => {})
      const before = { accessToken: "a", refreshToken: "r", expiresAt: 1 }
      const { tokens, kept } = yield* signedIn(before)
      const error = yield* tokens
        .credentials("acme", signingIn(url))
        .pipe(Effect.provideService(ProviderPatience, 100), Effect.flip)
      assert.deepInclude(error, { _tag: "ProviderUnusable", transient: true })
      assert.include(error.message, "did not answer within 0.1 s")
      assert.deepEqual(yield* kept, before)
    }),
  )
})

const refusing = (accepts: (request: TokenRequest) => boolean) =>
  provider((request, response) =>
    accepts(request)
      ? json(response, { access_token: "a", refresh_token: "r", token_type: "bearer", expires_in: 0 })
      : json(response, { error: "invalid_client" }, 401),
  )
const inBody = ({ body }: TokenRequest) => body.get("client_secret") === clientSecret
const inHeader = ({ headers }: TokenRequest) => headers.authorization !== undefined

describe("how a client says who it is", () => {
  it.effect("is found out, and remembered", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* refusing(inBody)
      const { tokens, kept } = yield* signedIn(null)
      yield* signIn(tokens, signingIn(url))
      assert.deepEqual(requests.map(inHeader), [true, false])
      assert.deepInclude(yield* kept, { authMethod: "client_secret_post" })
      yield* tokens.credentials("acme", signingIn(url))
      assert.deepEqual(requests.map(inHeader), [true, false, false])
    }),
  )

  it.effect("is what the connector says, where it does", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* refusing(inBody)
      const { tokens } = yield* signedIn(null)
      yield* signIn(tokens, signingIn(url, { tokenEndpointAuthMethod: "client_secret_post" }))
      assert.lengthOf(requests, 1)
    }),
  )

  it.effect("that is wrong either way is the provider's error", () =>
    Effect.gen(function* () {
      const { url } = yield* refusing(() => false)
      const { tokens } = yield* signedIn(null)
      const error = yield* signIn(tokens, signingIn(url)).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "ProviderRefused", error: "invalid_client" })
      assert.include((error as { suggestion: string }).suggestion, "client secret in .env")
    }),
  )
})
