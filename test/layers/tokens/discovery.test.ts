import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { json, provider, signingIn } from "../../fixtures/oauthProvider.ts"
import { redirectUri, signedIn } from "./tokens.ts"

/** An issuer that publishes this of its endpoints, and a connector that knows no more than where the issuer is. */
const publishing = Effect.fnUntraced(function* (endpoints: object) {
  const at = yield* provider((request, response) =>
    request.path === "/.well-known/openid-configuration"
      ? json(response, { issuer: at.url, ...endpoints })
      : json(response, { error: "nobody should ask" }, 400),
  )
  return {
    ...at,
    declaration: signingIn("https://unused.example", { issuer: at.url, authorizeUrl: null, tokenUrl: null }),
  }
})

const unfit: ReadonlyArray<readonly [string, unknown, RegExp]> = [
  ["none", undefined, /^publishes no/],
  ["one that is no text", 7, /^publishes as \w+ what is no https URL$/],
  ["one that is no URL", "/token", /^publishes as \w+ what is no https URL$/],
  ["one where others listen in", "http://127.evil.example/token", /^publishes as \w+ what is no https URL$/],
  ["one that a browser would run", "javascript:alert(1)", /^publishes as \w+ what is no https URL$/],
]

describe.each(unfit)("an issuer that publishes, as an endpoint, %s", (_what, endpoint, detail) => {
  it.effect("is told of as unusable when somebody signs in", () =>
    Effect.gen(function* () {
      const { declaration, url } = yield* publishing({ authorization_endpoint: endpoint })
      const { tokens } = yield* signedIn(null)
      const error = yield* tokens.authorize("acme", declaration, redirectUri).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "ProviderUnusable", endpoint: url, transient: false })
      assert.match((error as { readonly detail: string }).detail, detail)
    }),
  )

  it.effect("and when tokens are refreshed: nothing of them is sent", () =>
    Effect.gen(function* () {
      const { declaration, requests } = yield* publishing({ token_endpoint: endpoint })
      const before = { accessToken: "a", refreshToken: "r", expiresAt: -1 }
      const { tokens, kept } = yield* signedIn(before)
      const error = yield* tokens.credentials("acme", declaration).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "ProviderUnusable", transient: false })
      assert.match((error as { readonly detail: string }).detail, detail)
      assert.deepEqual(yield* kept, before)
      assert.lengthOf(requests, 1)
    }),
  )

  it.effect("and keeps nobody from disconnecting", () =>
    Effect.gen(function* () {
      const { declaration } = yield* publishing({ revocation_endpoint: endpoint })
      const { tokens } = yield* signedIn({ accessToken: "a", refreshToken: "r" })
      assert.deepEqual(yield* tokens.disconnect("acme", declaration), {
        revoked: endpoint === undefined ? null : false,
      })
      assert.isFalse((yield* tokens.status("acme", declaration)).connected)
    }),
  )
})
