import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { openislands } from "../fixtures/cli.ts"
import { fromOurPage, request } from "../fixtures/http.ts"
import { inBothForms, kitImport, manifest } from "../fixtures/journey.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { json, provider } from "../fixtures/oauthProvider.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { servingWith } from "../fixtures/serving.ts"

const OPENISLANDS_KEY = randomBytes(32).toString("base64")
const env = { OPENISLANDS_KEY }

const acme = (url: string): string => `${kitImport}
export default defineConnector({
  description: "Rows of who signed in",
  auth: { type: "oauth2", data: {
    authorizeUrl: "${url}/authorize", tokenUrl: "${url}/token", scopes: [], clientIdEnv: "ID" } },
  outputs: { rows: {} },
  async sync(ctx) {
    await ctx.insert("rows", [{ token: ctx.tokens!.accessToken.slice(0, 6), env: Object.keys(process.env).join() }])
  },
})
`

/** A project that was signed in before there was a key; its access token has to be refreshed each time. */
const scene = Effect.gen(function* () {
  let serial = 0
  const { url, requests } = yield* provider((_request, response) => {
    serial++
    const tokens = { access_token: `access-token-${serial}`, refresh_token: `refresh-token-${serial}`, expires_in: 1 }
    json(response, { ...tokens, token_type: "bearer" })
  })
  const root = yield* temporaryProject({
    "manifest.json": manifest({ acme: {} }),
    "connectors/acme/index.ts": acme(url),
    ".env": "ID=our-client\n",
  })
  const file = path.join(root, ".openislands/connectors/acme.json")
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify({ accessToken: "access-token-0", refreshToken: "refresh-token-0", expiresAt: 1 }))
  const kept = (): string => readFileSync(file, "utf8")
  return { root, file, kept, requests }
})

const errorOf = (json: unknown): ErrorDocument => json as ErrorDocument

describe("encrypted tokens", () => {
  it.live("are used by whoever has the key; whoever has not is told so on every face, and touches nothing", () =>
    Effect.gen(function* () {
      const { root, kept, requests } = yield* scene
      const sync = (more: object, ...args: ReadonlyArray<string>) =>
        openislands(["sync", "acme", ...args], { cwd: root, env: { ...more } })
      const first = yield* sync(env)
      assert.strictEqual(first.code, 0, first.stdout + first.stderr)
      assert.notInclude(kept(), "-token-")
      // The key is not the connector's to see.
      assert.notInclude(readFileSync(path.join(root, "data/acme.csv"), "utf8"), "OPENISLANDS")
      const [before, asked] = [kept(), requests.length]

      const run = JSON.parse((yield* sync({}, "--json")).stdout).runs[0]
      assert.strictEqual(errorOf(run.error)._tag, "KeyMissing")
      const wrong = { OPENISLANDS_KEY: randomBytes(32).toString("hex") }
      assert.strictEqual(errorOf(JSON.parse((yield* sync(wrong, "--json")).stdout).runs[0].error)._tag, "KeyWrong")
      const passphrase = yield* sync({ OPENISLANDS_KEY: "correct horse" }, "--json")
      assert.strictEqual(errorOf(JSON.parse(passphrase.stdout).runs[0].error)._tag, "KeyUnusable")
      assert.notInclude(passphrase.stdout + passphrase.stderr, "correct horse")

      const status = yield* inBothForms<{ connectors: ReadonlyArray<any> }>(["status"], { cwd: root })
      assert.deepInclude(status.document.connectors[0], { connected: false, missingSecrets: [] })
      assert.strictEqual(errorOf(status.document.connectors[0].lastError)._tag, "KeyMissing")
      assert.include(status.human, "acme  needs the key of its tokens")
      assert.include(status.human, "OPENISLANDS_KEY or by --key-file")

      const { call } = yield* mcpClient(root)
      for (const [tool, input] of [
        ["list_connectors", {}],
        ["run_sync", { name: "acme" }],
        ["preview_sync", { name: "acme" }],
      ] as const) {
        const { said } = yield* call(tool, input)
        assert.include(said.join(), "Only a human can do this")
        assert.include(said.join(), "--key-file")
        assert.notInclude(said.join(), "click Connect")
      }

      const { origin } = yield* servingWith({}, root)
      const served = yield* request(origin, "/api/connectors/acme")
      assert.strictEqual(errorOf(served.json.lastError)._tag, "KeyMissing")
      assert.strictEqual(kept(), before)
      assert.lengthOf(requests, asked)

      const outside = yield* temporaryProject({ key: `${OPENISLANDS_KEY}\n` })
      const byFile = yield* sync({}, "--key-file", path.join(outside, "key"))
      assert.strictEqual(byFile.code, 0, byFile.stderr)
      assert.isAbove(requests.length, asked)
      assert.notInclude(kept(), "-token-")
    }),
  )

  it.live("whose key is lost can be forgotten, and then somebody can sign in anew", () =>
    Effect.gen(function* () {
      const { root } = yield* scene
      yield* openislands(["tokens", "--encrypt"], { cwd: root, env })
      const { origin } = yield* servingWith({}, root)
      // The last run's error must not hide the way on.
      yield* openislands(["sync", "acme"], { cwd: root })
      const at = "/api/connectors/acme"
      assert.strictEqual(errorOf((yield* request(origin, at)).json.lastError)._tag, "KeyMissing")
      const post = (to: string) => request(origin, `${at}/auth/${to}`, { method: "POST", headers: fromOurPage(origin) })
      assert.strictEqual((yield* post("start")).json.error._tag, "KeyMissing")
      assert.deepEqual((yield* post("disconnect")).json, { revoked: null })
      assert.deepInclude((yield* request(origin, at)).json, { connected: false, lastError: null })
      assert.isString((yield* post("start")).json.authorizeUrl)
    }),
  )

  it.live("are what serve makes of plain ones when it starts, before any connector is due", () =>
    Effect.gen(function* () {
      const { root, kept, requests } = yield* scene
      const { stop } = yield* servingWith(env, root)
      yield* Effect.sync(kept).pipe(
        Effect.repeat({ until: (text) => !text.includes("-token-"), schedule: Schedule.spaced("20 millis") }),
      )
      yield* stop("SIGTERM")
      assert.lengthOf(requests, 0)
    }),
  )

  it.live("are shown, encrypted and decrypted by a command, in both forms", () =>
    Effect.gen(function* () {
      const { root, kept } = yield* scene
      const plain = kept()
      const tokens = (more: object, ...args: ReadonlyArray<string>) =>
        inBothForms<any>(["tokens", ...args, "--log-level", "none"], { cwd: root, env: { ...more } })
      const shown = yield* tokens({})
      assert.deepEqual(shown.document, {
        keyId: null,
        tokens: [
          { connector: "acme", file: ".openislands/connectors/acme.json", kept: "plain", keyId: null, error: null },
        ],
      })
      assert.include(shown.human, "acme  plain text")
      assert.include((yield* tokens(env)).human, "openislands tokens --encrypt")
      assert.strictEqual(kept(), plain)

      const keyless = yield* tokens({}, "--encrypt")
      assert.strictEqual(keyless.code, 1)
      assert.deepInclude(keyless.document.error, { _tag: "KeyUnusable", why: "unset" })
      assert.match(
        keyless.human,
        /none was given\n.*--key-file, in OPENISLANDS_KEY, .* OPENISLANDS_KEY_FILE .* OPENISLANDS_KEY_COMMAND/,
      )
      assert.strictEqual((yield* openislands(["tokens", "--encrypt", "--decrypt"], { cwd: root, env })).code, 2)

      const encrypted = yield* tokens(env, "--encrypt")
      const { keyId } = encrypted.document
      assert.deepInclude(encrypted.document.tokens[0], { kept: "encrypted", keyId, error: null })
      assert.include(encrypted.human, `acme  encrypted with key ${keyId}`)
      const asked = { OPENISLANDS_KEY_COMMAND: `echo ${env.OPENISLANDS_KEY}` }
      assert.deepInclude((yield* tokens(asked)).document.tokens[0], { kept: "encrypted", keyId, error: null })
      const without = yield* tokens({})
      assert.strictEqual(without.code, 1)
      assert.deepInclude(without.document.tokens[0], { kept: "encrypted", keyId })
      assert.strictEqual(errorOf(without.document.tokens[0].error)._tag, "KeyMissing")

      const decrypted = yield* tokens(env, "--decrypt")
      assert.deepInclude(decrypted.document.tokens[0], { kept: "plain", keyId: null })
      assert.include(decrypted.human, "Start without a key from now on")
      assert.deepEqual(JSON.parse(kept()), JSON.parse(plain))
    }),
  )
})
