import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import fc from "fast-check"
import { basicAuth } from "../../../src/layers/tokens/basicAuth.ts"
import { json, provider, signingIn, type TokenRequest } from "../../fixtures/oauthProvider.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { signIn, tokensAt } from "./tokens.ts"

interface Client {
  readonly id: string
  readonly secret: string
}

/** What stands on both sides of the first colon of a Basic header. */
const written = (header: string | null | undefined): Client => {
  const text = Buffer.from((header ?? "").replace("Basic ", ""), "base64").toString()
  const colon = text.indexOf(":")
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** As the standard has it: a form's decoding. */
const decoded = ({ id, secret }: Client): Client => ({ id: textOf(id), secret: textOf(secret) })

const textOf = (encoded: string): string => new URLSearchParams(`it=${encoded}`).get("it") ?? ""

/** Signs in at a provider that knows this client, and understands a Basic header only, in its own way. */
const signedInBy = Effect.fnUntraced(function* (client: Client, understand: (said: Client) => Client) {
  const at = yield* provider(({ headers }: TokenRequest, response) => {
    const said = understand(written(headers.authorization))
    if (said.id !== client.id || said.secret !== client.secret) return json(response, { error: "invalid_client" }, 401)
    json(response, { access_token: "a", token_type: "bearer" })
  })
  const root = yield* temporaryProject({ ".env": `CLIENT_ID='${client.id}'\nCLIENT_SECRET='${client.secret}'\n` })
  const tokens = yield* tokensAt(root)
  const declaration = signingIn(at.url, { tokenEndpointAuthMethod: "client_secret_basic" })
  yield* signIn(tokens, declaration)
  assert.lengthOf(at.requests, 1)
  return (yield* tokens.status("acme", declaration)).connected
})

describe("a client's id and secret in a Basic header", () => {
  it.effect("are understood by a provider that decodes them, whatever is in them", () =>
    Effect.gen(function* () {
      const client = { id: "our-client.1_~*: 100%2D+ü", secret: "a-b.c_d~e*f: 50% +&=/?!()ü€" }
      assert.isTrue(yield* signedInBy(client, decoded))
    }),
  )

  it.effect("are understood by a provider that compares them as they are", () =>
    Effect.gen(function* () {
      const client = { id: "6f1c0a52-9f0e-4b8e-8f5c-0c5d1f6e7a90", secret: "Gk-3.q_Z~x*9" }
      assert.isTrue(yield* signedInBy(client, (said) => said))
    }),
  )

  it("say the same when they are decoded, and hold no colon but the one between them", () => {
    const text = fc.string({ unit: "grapheme" })
    fc.assert(
      fc.property(text, text, (id, secret) => {
        const headers = new Headers()
        basicAuth(secret)({ issuer: "" }, { client_id: id }, new URLSearchParams(), headers)
        const said = written(headers.get("authorization"))
        assert.deepEqual(decoded(said), { id, secret })
        assert.match(`${said.id}${said.secret}`, /^[\w.~*+%-]*$/)
      }),
    )
  })
})
