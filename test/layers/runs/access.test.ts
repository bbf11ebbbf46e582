import { assert, it } from "@effect/vitest"
import { accessOf } from "../../../src/layers/tokens/env.ts"
import type { Declaration } from "../../../src/services/domain/Description.ts"
import { ConnectorFailed } from "../../../src/services/domain/GuestError.ts"

const suggested = (secrets: ReadonlyArray<string>, auth: Declaration["auth"]): string => {
  const access = accessOf({ description: "", schedule: null, outputs: [], secrets, auth })
  const place = { file: null, line: null, column: null }
  const failed = { connector: "acme", detail: "401", retryable: false, retryAfter: null, providerStatus: 401, ...place }
  return new ConnectorFailed({ ...failed, access }).suggestion.replace(/^.*The provider doesn't let it in: /, "")
}

const client = { clientIdEnv: "ACME_ID", clientSecretEnv: "ACME_SECRET", scopes: [], scopeSeparator: " " }
const endpoints = { issuer: null, tokenUrl: "https://a.example/token", tokenEndpointAuthMethod: null, tokenParams: {} }
const signIn: Declaration["auth"] = {
  type: "oauth2",
  data: {
    ...client,
    ...endpoints,
    authorizeUrl: "https://a.example/auth",
    revocationUrl: null,
    authorizeParams: {},
    pkce: true,
  },
}

it("who is not let in is told what it was that the provider refused", () => {
  const bearer = { type: "bearer", data: { tokenEnv: "ACME_TOKEN" } } as const
  assert.strictEqual(suggested([], bearer), "check ACME_TOKEN in .env, and what it may be used for.")
  assert.strictEqual(suggested(["ACME_KEY"], null), "check ACME_KEY in .env, and what it may be used for.")
  assert.strictEqual(suggested(["A", "B"], null), "check A and B in .env, and what each may be used for.")
  assert.match(suggested([], null), /^it sends no token or key, for it declares none\./)
  const machine = { type: "oauth2-client-credentials", data: { ...client, ...endpoints } } as const
  assert.match(suggested([], machine), /^check ACME_ID and ACME_SECRET in \.env/)
})

it("only one where a human signs in is sent to Connect, not to the keys of its client", () => {
  const next = suggested([], signIn)
  assert.match(next, /openislands serve.* click Connect on "acme"/)
  assert.notMatch(next, /ACME_|\.env/)
  assert.match(suggested(["ACME_KEY"], signIn), /Connect.*ACME_KEY of \.env/)
})
