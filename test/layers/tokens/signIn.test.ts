import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import { mkdirSync, rmSync, statSync } from "node:fs"
import * as path from "node:path"
import { json, provider, signingIn } from "../../fixtures/oauthProvider.ts"
import { clientSecret, redirectUri, signedIn, signIn } from "./tokens.ts"

const granting = provider((_request, response) =>
  json(response, { access_token: "access-1", refresh_token: "refresh-1", expires_in: 3600, token_type: "Bearer" }),
)

/** What a Basic header says, which the standard has form-encoded. */
const basicOf = (header = ""): string =>
  decodeURIComponent(Buffer.from(header.replace("Basic ", ""), "base64").toString().replaceAll("+", " "))

describe("a sign-in", () => {
  it.effect("asks for consent with PKCE and a state, and keeps what the code brings, for its owner only", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const { url, requests } = yield* granting
      const { tokens, file, kept } = yield* signedIn(null)
      const declaration = signingIn(url, {
        authorizeParams: { access_type: "offline" },
        tokenParams: { audience: "x" },
      })
      const before = yield* tokens.status("acme", declaration)
      assert.deepInclude(before, { connected: false, missingSecrets: [], error: null })

      const asked = yield* signIn(tokens, declaration)
      const parameters = Object.fromEntries(asked.searchParams)
      assert.deepInclude(parameters, {
        response_type: "code",
        client_id: "our-client",
        redirect_uri: redirectUri,
        scope: "read offline",
        code_challenge_method: "S256",
        access_type: "offline",
      })
      const [{ body, headers } = assert.fail("nothing was asked")] = requests
      assert.deepInclude(Object.fromEntries(body), {
        grant_type: "authorization_code",
        code: "the-code",
        redirect_uri: redirectUri,
        audience: "x",
      })
      const challenge = createHash("sha256").update(body.get("code_verifier")!).digest("base64url")
      assert.strictEqual(parameters["code_challenge"], challenge)
      assert.strictEqual(headers.accept, "application/json")
      assert.strictEqual(basicOf(headers.authorization), `our-client:${clientSecret}`)

      assert.deepInclude(yield* kept, { accessToken: "access-1", refreshToken: "refresh-1", expiresAt: 4_600_000 })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.deepInclude(yield* tokens.status("acme", declaration), { connected: true, error: null })
      const given = yield* tokens.credentials("acme", declaration)
      assert.deepEqual(given.tokens, { accessToken: "access-1", refreshToken: "refresh-1", expiresAt: 4_600_000 })
    }),
  )

  it.effect("asks for scopes as the provider has them separated", () =>
    Effect.gen(function* () {
      const { url } = yield* granting
      const { tokens } = yield* signedIn(null)
      const asked = yield* signIn(
        tokens,
        signingIn(url, { scopes: ["read", "activity:read_all"], scopeSeparator: "," }),
      )
      assert.strictEqual(asked.searchParams.get("scope"), "read,activity:read_all")
    }),
  )

  it.effect("does without PKCE and without a secret where the provider wants it so", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* granting
      const { tokens } = yield* signedIn(null)
      const asked = yield* signIn(tokens, signingIn(url, { pkce: false, clientSecretEnv: null, scopes: [] }))
      assert.isFalse(asked.searchParams.has("code_challenge") || asked.searchParams.has("scope"))
      const [{ body, headers } = assert.fail("nothing was asked")] = requests
      assert.isFalse(body.has("code_verifier"))
      assert.strictEqual(body.get("client_id"), "our-client")
      assert.isUndefined(headers.authorization)
    }),
  )

  it.effect("counts once, for 10 minutes, for its own connector, and only with its state", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* granting
      const { tokens, file } = yield* signedIn(null)
      const declaration = signingIn(url)
      const begin = tokens.authorize("acme", declaration, redirectUri)
      const end = (connector: string, state: string) =>
        tokens.complete(connector, new URLSearchParams({ code: "c", state })).pipe(Effect.flip)

      const late = yield* begin
      yield* TestClock.adjust("10 minutes")
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* end("acme", late.state), { _tag: "SignInInvalid", why: "expired" })
      assert.deepInclude(yield* end("acme", late.state), { _tag: "SignInInvalid", why: "unknown" })
      assert.deepInclude(yield* end("acme", "made-up"), { _tag: "SignInInvalid", why: "unknown" })
      const other = yield* begin
      assert.deepInclude(yield* end("other", other.state), { _tag: "SignInInvalid", why: "elsewhere" })
      assert.lengthOf(requests, 0)
      assert.throws(() => statSync(file))

      const { state } = yield* begin
      const answer = new URLSearchParams({ code: "c", state })
      yield* tokens.complete("acme", answer)
      assert.deepInclude(yield* tokens.complete("acme", answer).pipe(Effect.flip), { why: "unknown" })
      assert.lengthOf(requests, 1)
    }),
  )

  it.effect("that the human or the provider refuses says why, and changes nothing", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* granting
      const { tokens, kept } = yield* signedIn({ accessToken: "old", refreshToken: "older" })
      const refused = yield* signIn(tokens, signingIn(url), {
        error: "access_denied",
        error_description: "The user said no",
      }).pipe(Effect.flip)
      assert.deepInclude(refused, { _tag: "ProviderRefused", asked: "consent", error: "access_denied" })
      assert.include(refused.message, "The user said no")
      assert.lengthOf(requests, 0)
      assert.deepEqual(yield* kept, { accessToken: "old", refreshToken: "older" })
    }),
  )

  it.effect("whose answer comes from another issuer is refused", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* granting
      const { tokens } = yield* signedIn(null)
      const from = (iss: string) => signIn(tokens, signingIn(url), { code: "c", iss })
      assert.deepInclude(yield* from("https://evil.example").pipe(Effect.flip), { why: "issuer" })
      assert.lengthOf(requests, 0)
      yield* from(url)
      assert.lengthOf(requests, 1)
    }),
  )

  it.effect("finds the endpoints that an issuer publishes, and holds its answers against it", () =>
    Effect.gen(function* () {
      const at = yield* provider((request, response) => {
        if (request.path !== "/.well-known/oauth-authorization-server") {
          if (request.path !== "/t") return json(response, {}, 404)
          return json(response, { access_token: "a", token_type: "bearer" })
        }
        const base = `http://${request.headers.host}`
        json(response, {
          issuer: base,
          authorization_endpoint: `${base}/a`,
          token_endpoint: `${base}/t`,
          token_endpoint_auth_methods_supported: ["client_secret_post"],
          authorization_response_iss_parameter_supported: true,
        })
      })
      const { tokens, kept } = yield* signedIn(null)
      const declaration = signingIn("https://unused.example", { issuer: at.url, authorizeUrl: null, tokenUrl: null })
      assert.deepInclude(yield* signIn(tokens, declaration).pipe(Effect.flip), { why: "issuer" })
      const asked = yield* signIn(tokens, declaration, { code: "c", iss: at.url })
      assert.strictEqual(asked.pathname, "/a")
      assert.strictEqual(at.requests.at(-1)?.body.get("client_secret"), clientSecret)
      assert.deepInclude(yield* kept, { accessToken: "a", authMethod: "client_secret_post" })
    }),
  )

  it.effect("is for connectors that sign in, and whose keys are there", () =>
    Effect.gen(function* () {
      const { tokens } = yield* signedIn(null)
      const keyless = { ...signingIn("https://a.example"), auth: null }
      assert.strictEqual((yield* tokens.authorize("acme", keyless, redirectUri).pipe(Effect.flip))._tag, "NoSignIn")
      const lacking = signingIn("https://a.example", { clientIdEnv: "NOT_THERE" })
      const error = yield* tokens.authorize("acme", lacking, redirectUri).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "MissingSecrets", missing: ["NOT_THERE"] })
    }),
  )
})

describe("disconnecting", () => {
  it.effect("forgets the tokens, and asks the provider to do so where there is a place for it", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* provider((_request, response) => response.writeHead(200).end())
      const { tokens, file } = yield* signedIn({ accessToken: "a", refreshToken: "r" })
      const declaration = signingIn(url, { revocationUrl: `${url}/revoke` })
      assert.deepEqual(yield* tokens.disconnect("acme", declaration), { revoked: true })
      assert.deepInclude(requests[0], { path: "/revoke" })
      assert.strictEqual(requests[0]?.body.get("token"), "r")
      assert.throws(() => statSync(file))
      assert.deepEqual(yield* tokens.disconnect("acme", declaration), { revoked: null })
      assert.isFalse((yield* tokens.status("acme", declaration)).connected)
    }),
  )

  it.effect("works without .env, and asks nobody to revoke what it couldn't say the client's name for", () =>
    Effect.gen(function* () {
      const { url, requests } = yield* provider((_request, response) => response.writeHead(200).end())
      const { root, tokens, file } = yield* signedIn({ accessToken: "a", refreshToken: "r" })
      const env = path.join(root, ".env")
      rmSync(env)
      mkdirSync(env)
      const declaration = signingIn(url, { revocationUrl: `${url}/revoke` })
      assert.deepEqual(yield* tokens.disconnect("acme", declaration), { revoked: false })
      assert.deepEqual(requests, [])
      assert.throws(() => statSync(file))
      // Of what was not there nothing had to be revoked.
      assert.deepEqual(yield* tokens.disconnect("acme", declaration), { revoked: null })
    }),
  )

  it.effect("works whatever the provider or the file say", () =>
    Effect.gen(function* () {
      const { url } = yield* provider((_request, response) => json(response, { error: "server_error" }, 500))
      const { tokens, file } = yield* signedIn({ accessToken: "a" })
      assert.deepEqual(yield* tokens.disconnect("acme", signingIn(url, { revocationUrl: url })), { revoked: false })
      assert.throws(() => statSync(file))
      const damaged = yield* signedIn({ accessToken: 1 })
      const declaration = signingIn(url)
      const status = yield* damaged.tokens.status("acme", declaration)
      assert.isFalse(status.connected)
      assert.deepInclude(status.error, { _tag: "TokensUnreadable", file: ".openislands/connectors/acme.json" })
      assert.deepEqual(yield* damaged.tokens.disconnect("acme", declaration), { revoked: null })
      assert.deepInclude(yield* damaged.tokens.status("acme", declaration), { connected: false, error: null })
    }),
  )
})
