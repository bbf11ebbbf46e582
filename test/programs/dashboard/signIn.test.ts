import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, References } from "effect"
import { readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { fromOurPage, listen, request } from "../../fixtures/http.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { json, provider } from "../../fixtures/oauthProvider.ts"
import { freePort, served } from "../../fixtures/served.ts"

const granting = provider((_request, response) =>
  json(response, { access_token: "access-token-1", refresh_token: "refresh-token-1", token_type: "Bearer" }),
)

/** A project whose connector signs in at a provider; its server. */
const begun = Effect.fnUntraced(function* (
  options: Parameters<typeof served>[1] = {},
  logger?: Parameters<typeof served>[2],
) {
  const { url, requests } = yield* granting
  const auth = `auth: { type: "oauth2", data: { authorizeUrl: "${url}/authorize", tokenUrl: "${url}/token",
    revocationUrl: "${url}/revoke", scopes: ["read"], clientIdEnv: "ID", clientSecretEnv: "SECRET" } },`
  const root = yield* temporaryProject({
    "manifest.json": manifest({ acme: {}, plain: {}, "../state/acme": {} }),
    ".env": "ID=our-client\nSECRET=the-client-secret\n",
    "connectors/acme/index.ts": connector().replace("outputs:", `${auth} outputs:`),
    "connectors/plain/index.ts": connector(),
  })
  const origin = yield* served(root, options, logger)
  return { origin, root, requests, tokens: path.join(root, ".openislands/connectors/acme.json") }
})

const start = (origin: string, name = "acme", headers: Readonly<Record<string, string>> = fromOurPage(origin)) =>
  request(origin, `/api/connectors/${name}/auth/start`, { method: "POST", headers })

/** What the page is given, and what the browser keeps. */
const started = Effect.fnUntraced(function* (origin: string) {
  const { status, json, headers } = yield* start(origin)
  assert.strictEqual(status, 200)
  const setCookie = headers["set-cookie"]?.[0] ?? ""
  const asked = new URL(json.authorizeUrl)
  return { asked, setCookie, cookie: setCookie.split(";")[0]!, state: asked.searchParams.get("state")! }
})

/** How a provider's page sends the browser back. */
const callback = (origin: string, query: Readonly<Record<string, string>>, cookie?: string, name = "acme") =>
  request(origin, `/api/connectors/${name}/auth/callback?${new URLSearchParams(query)}`, {
    headers: {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      ...(cookie === undefined ? {} : { cookie }),
    },
  })

const isConnected = (origin: string) =>
  Effect.map(request(origin, "/api/connectors/acme"), ({ json }) => json.connected as boolean)

describe("a sign-in", () => {
  it.live("begins on our page, ends where the provider leads back to, and shows no token", () =>
    Effect.gen(function* () {
      const { origin, tokens, requests } = yield* begun()
      const { json } = yield* request(origin, "/api/connectors/acme")
      assert.strictEqual(json.redirectUri, `${origin}/api/connectors/acme/auth/callback`)
      const client = yield* listen(origin)

      const { asked, setCookie, cookie, state } = yield* started(origin)
      assert.strictEqual(asked.searchParams.get("redirect_uri"), json.redirectUri)
      assert.match(setCookie, /; Max-Age=600; Path=\/api\/connectors\/acme\/auth; HttpOnly; SameSite=Lax$/)
      assert.notInclude(setCookie, state)
      // As a provider may write it: a question mark needs no escape there.
      const path = `/api/connectors/acme/auth/callback?code=c?d&state=${state}`
      const { status, text, headers } = yield* request(origin, path, { headers: { cookie } })
      assert.strictEqual(status, 200)
      assert.strictEqual(new URLSearchParams(requests[0]?.body).get("code"), "c?d")
      assert.include(text, '<p>Connector "acme" is connected.</p>')
      assert.include(text, 'href="/"')
      assert.match(String(headers["content-type"]), /^text\/html/)
      assert.include(String(headers["content-security-policy"]), "default-src 'none'")
      assert.isTrue(yield* isConnected(origin))
      assert.include(yield* Effect.promise(() => readFile(tokens, "utf8")), "access-token-1")
      yield* client.until(({ type, connected }) => type === "connection" && connected)
      const told = JSON.stringify(client.events) + text + (yield* request(origin, "/api/connectors")).text
      assert.notMatch(told, /access-token-1|refresh-token-1|the-client-secret/)

      const again = yield* callback(origin, { state, code: "c" }, cookie)
      assert.strictEqual(again.status, 400)
      assert.include(again.text, "it was used already")
      assert.lengthOf(requests, 1)

      const left = yield* request(origin, "/api/connectors/acme/auth/disconnect", { method: "POST" })
      assert.deepEqual(left.json, { revoked: true })
      assert.isFalse(yield* isConnected(origin))
    }),
  )

  it.live("that another browser began is not completed, whatever it knows", () =>
    Effect.gen(function* () {
      const { origin, requests } = yield* begun()
      const { cookie, state } = yield* started(origin)
      const [name] = cookie.split("=")
      const [otherName, otherValue] = (yield* started(origin)).cookie.split("=")
      const all = [undefined, `${otherName}=${otherValue}`, `${name}=${otherValue}`, `${name}=`, `${name}=${state}`]
      for (const brought of all) {
        const { status, text } = yield* callback(origin, { state, code: "c" }, brought)
        assert.strictEqual(status, 400, brought)
        assert.include(text, "in another browser", brought)
      }
      assert.include((yield* callback(origin, { code: "c" }, cookie)).text, "it was not started here")
      assert.lengthOf(requests, 0)
      // None of them has used it up.
      assert.strictEqual((yield* callback(origin, { state, code: "c" }, cookie)).status, 200)
    }),
  )

  it.live("in each of two tabs ends well, whichever is first", () =>
    Effect.gen(function* () {
      const { origin, requests } = yield* begun()
      const tabs = [yield* started(origin), yield* started(origin)]
      const [first, second] = tabs.map(({ state }) => state)
      // As a browser sends what it keeps: one cookie a name, the newest.
      const jar = Object.entries(Object.fromEntries(tabs.map(({ cookie }) => cookie.split("=", 2))))
      const cookies = jar.map((pair) => pair.join("=")).join("; ")
      for (const state of [second!, first!]) {
        const { status, text } = yield* callback(origin, { state, code: "c" }, cookies)
        assert.strictEqual(status, 200, text)
        assert.isTrue(yield* isConnected(origin))
      }
      assert.lengthOf(requests, 2)
    }),
  )

  it.live("that was refused says so; what the provider writes is text", () =>
    Effect.gen(function* () {
      const { origin } = yield* begun()
      const { cookie, state } = yield* started(origin)
      const description = "<script>alert(1)</script> & the-client-secret"
      const query = { state, error: "access_denied", error_description: description }
      const { status, text } = yield* callback(origin, query, cookie)
      assert.strictEqual(status, 502)
      assert.include(text, "access_denied (&#60;script&#62;alert(1)&#60;/script&#62; &#38; [redacted])")
      assert.include(text, "Click Connect to try again, and allow the access.")
      assert.include(text, '<a href="/#/connectors/acme">Back to connector "acme"</a>')
      assert.isFalse(yield* isConnected(origin))
      const named = yield* callback(origin, { state, code: "c" }, cookie, "%3Cimg%20src=x%3E")
      assert.notInclude(named.text, "<img")
      assert.include(named.text, '<a href="/#/connectors/%3Cimg%20src%3Dx%3E">')
      assert.strictEqual(named.status, 400)
    }),
  )

  it.live("is in the log with what came of it, and with no secret", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const facts: Array<Readonly<Record<string, unknown>>> = []
      const logger = Logger.make(({ logLevel, message, fiber }) => {
        said.push(`${logLevel}: ${[message].flat().join(" ")}`)
        facts.push(fiber.getRef(References.CurrentLogAnnotations))
      })
      const { origin } = yield* begun({}, Logger.layer([logger]))
      const refused = yield* started(origin)
      const query = { state: refused.state, error: "invalid_client", error_description: "not\nthe-client-secret" }
      yield* callback(origin, query, refused.cookie)
      const { cookie, state } = yield* started(origin)
      yield* callback(origin, { state, code: "c" }, cookie)
      yield* request(origin, "/api/connectors/acme/auth/disconnect", { method: "POST" })
      assert.deepEqual(said, [
        'Warn: acme  sign-in failed: the provider of connector "acme" refused the sign-in: invalid_client (not?[redacted])',
        "Info: acme  connected",
        "Info: acme  disconnected",
      ])
      assert.deepInclude(facts[0], { event: "signInFailed", connector: "acme" })
      assert.deepInclude(facts[0]?.["error"], { _tag: "ProviderRefused", error: "invalid_client" })
      assert.deepInclude(facts[1], { event: "connection", connector: "acme", connected: true })
      assert.notInclude(JSON.stringify(facts), "the-client-secret")
    }),
  )

  it.live("has to begin at the address that it comes back to", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      yield* begun({ origin: "https://islands.example.com", port })
      const origin = `http://127.0.0.1:${port}`
      const host = { host: "islands.example.com" }
      const elsewhere = yield* start(origin)
      assert.strictEqual(`${elsewhere.status} ${elsewhere.json.error._tag}`, "409 StartedElsewhere")
      assert.include(elsewhere.json.error.suggestion, "https://islands.example.com")
      const { status, json, headers } = yield* start(origin, "acme", {
        ...fromOurPage("https://islands.example.com"),
        ...host,
      })
      assert.strictEqual(status, 200)
      const asked = new URL(json.authorizeUrl).searchParams.get("redirect_uri")
      assert.strictEqual(asked, "https://islands.example.com/api/connectors/acme/auth/callback")
      assert.include(headers["set-cookie"]?.[0], "; Secure; ")
    }),
  )

  it.live("has to begin by the name that it comes back to, of all that this machine has", () =>
    Effect.gen(function* () {
      const names = ["127.0.0.1", "localhost", "[::1]"]
      for (const own of names) {
        const port = yield* freePort
        const origin = `http://${own}:${port}`
        yield* begun({ origin, port })
        for (const name of names) {
          const page = `http://${name}:${port}`
          // A browser that says where the page is, one that keeps it to itself, and a program.
          for (const said of [fromOurPage(page), fromOurPage("null"), {}]) {
            const headers = { host: `${name}:${port}`, ...said }
            const { status, json } = yield* start(`http://127.0.0.1:${port}`, "acme", headers)
            const about = `${JSON.stringify(headers)} at ${origin}`
            if (name === own) {
              assert.strictEqual(status, 200, about)
              const asked = new URL(json.authorizeUrl).searchParams.get("redirect_uri")
              assert.strictEqual(asked, `${origin}/api/connectors/acme/auth/callback`)
            } else {
              assert.strictEqual(`${status} ${json.error?._tag}`, "409 StartedElsewhere", about)
              assert.include(json.error.suggestion, `Open ${origin} and click Connect there`)
            }
          }
        }
      }
    }),
  )

  it.live("is begun through a proxy that changes our name, too", () =>
    Effect.gen(function* () {
      for (const origin of ["https://islands.example.com", "http://localhost:8080"]) {
        const port = yield* freePort
        yield* begun({ origin, port })
        for (const said of [fromOurPage(origin), fromOurPage("null"), {}]) {
          const headers = { host: `127.0.0.1:${port}`, ...said }
          const { status } = yield* start(`http://127.0.0.1:${port}`, "acme", headers)
          assert.strictEqual(status, 200, `${JSON.stringify(headers)} at ${origin}`)
        }
      }
    }),
  )

  it.live("makes sense for a connector that has one and can be loaded; any can be disconnected", () =>
    Effect.gen(function* () {
      const { origin, root } = yield* begun()
      assert.strictEqual((yield* start(origin, "plain")).json.error._tag, "NoSignIn")
      assert.strictEqual((yield* start(origin, "nothing")).json.error._tag, "UnknownConnector")
      const { cookie, state } = yield* started(origin)
      yield* callback(origin, { state, code: "c" }, cookie)
      yield* Effect.promise(() => writeFile(path.join(root, "connectors/acme/index.ts"), "export default {"))
      assert.strictEqual((yield* start(origin)).json.error._tag, "LoadError")
      const left = yield* request(origin, "/api/connectors/acme/auth/disconnect", { method: "POST" })
      assert.deepEqual(left.json, { revoked: null })
      for (const name of ["nothing", "..%2fstate%2facme"]) {
        const nobody = yield* request(origin, `/api/connectors/${name}/auth/disconnect`, { method: "POST" })
        assert.strictEqual(nobody.json.error._tag, "UnknownConnector")
      }
    }),
  )

  it.live("that the provider took back is shown with its reason", () =>
    Effect.gen(function* () {
      const { origin, tokens } = yield* begun()
      const { cookie, state } = yield* started(origin)
      yield* callback(origin, { state, code: "c" }, cookie)
      const refused = { at: 0, error: "invalid_grant", description: "the account is closed" }
      const stored = JSON.parse(yield* Effect.promise(() => readFile(tokens, "utf8")))
      yield* Effect.promise(() => writeFile(tokens, JSON.stringify({ ...stored, refused })))
      const { connected, lastError } = (yield* request(origin, "/api/connectors/acme")).json
      assert.isFalse(connected)
      assert.deepInclude(lastError, { _tag: "NotConnected", connector: "acme" })
      assert.include(lastError.message, "the account is closed")
      assert.include(lastError.suggestion, "click Connect")
    }),
  )

  it.live("goes with a token: the callback alone needs none", () =>
    Effect.gen(function* () {
      const token = "a-token-of-more-than-16"
      const { origin } = yield* begun({ token })
      assert.strictEqual((yield* start(origin)).status, 401)
      const { json, headers } = yield* start(origin, "acme", { authorization: `Bearer ${token}` })
      const state = new URL(json.authorizeUrl).searchParams.get("state")!
      const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? ""
      assert.strictEqual((yield* callback(origin, { state, code: "c" }, cookie)).status, 200)
    }),
  )
})
