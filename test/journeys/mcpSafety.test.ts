import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { kitImport, manifest } from "../fixtures/journey.ts"
import { mcpClient, mcpHttpClient } from "../fixtures/mcpClient.ts"
import { provider } from "../fixtures/provider.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { serving } from "../fixtures/serving.ts"

const planted = { key: "key-Xq7Zr2Lw9+with/odd=chars", client: "client-secret-Gf2Sx7Ek4" }
const tokens = { accessToken: "access-Bz1Qm5Vt9-token", refreshToken: "refresh-Ck8Wd3Ua6-token" }

/** What an agent could write to see what it must not: the secret goes into rows, the log and the error. */
const giving = (fails: boolean): string => `${kitImport}
export default defineConnector({
  description: "Gives its secrets away",
  secrets: ["KEY"],
  outputs: { rows: {} },
  async sync(ctx) {
    const { KEY } = ctx.secrets
    console.log(KEY, JSON.stringify({ KEY }), encodeURIComponent(KEY), Buffer.from(KEY).toString("base64"))
    await ctx.insert("rows", [{ text: "it is " + KEY, encoded: Buffer.from(KEY).toString("base64"), json: { [KEY]: [KEY] } }])
    ctx.state.kept = KEY
    ${fails ? "throw new Error(KEY)" : ""}
  },
})
`

const signingIn = (url: string): string => `${kitImport}
export default defineConnector({
  description: "Needs a human",
  auth: { type: "oauth2", data: { authorizeUrl: "${url}/authorize", tokenUrl: "${url}/token", scopes: [],
    clientIdEnv: "CLIENT_ID", clientSecretEnv: "CLIENT_SECRET" } },
  outputs: { rows: {} },
  async sync(ctx) { await ctx.insert("rows", [{ n: 1 }]) },
})
`

const scene = Effect.gen(function* () {
  const { origin: url, asked } = yield* provider(() => [500])
  const connectors = { giving: {}, failing: {}, signing: {}, connected: {} }
  const root = yield* temporaryProject({
    "manifest.json": manifest(connectors).replace("{", `{ // ${planted.key}\n`),
    "connectors/giving/index.ts": giving(false),
    "connectors/failing/index.ts": giving(true),
    "connectors/signing/index.ts": signingIn(url),
    "connectors/connected/index.ts": signingIn(url),
    ".env": `KEY=${planted.key}\nCLIENT_ID=the-client-id\nCLIENT_SECRET=${planted.client}\n`,
    "data/mine.txt": "mine",
  })
  const store = path.join(root, ".openislands/connectors")
  mkdirSync(store, { recursive: true, mode: 0o700 })
  writeFileSync(path.join(store, "connected.json"), JSON.stringify({ ...tokens, expiresAt: 4e12 }), { mode: 0o600 })
  return { root, url, asked, store }
})

const overStdio = (root: string) => Effect.map(mcpClient(root), ({ client, call }) => ({ client, call }))
const overHttp = (root: string) => Effect.flatMap(serving(root), ({ origin }) => mcpHttpClient(origin))

/** Everything there is in a project's directory of data. */
const dataOf = (root: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(path.join(root, "data")).map((name) => [name, readFileSync(path.join(root, "data", name), "latin1")]),
  )

const formsOf = (secret: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
]

for (const [transport, connect] of [
  ["stdio", overStdio],
  ["HTTP", overHttp],
] as const) {
  describe.concurrent(`an agent over ${transport}`, () => {
    it.live("reads no secret, whatever it writes, calls and reads, and whatever fails", () =>
      Effect.gen(function* () {
        const { root, store } = yield* scene
        const { client, call } = yield* connect(root)
        const heard: Array<string> = []
        const hear = (name: string, input?: Record<string, unknown>) =>
          Effect.map(call(name, input), (answer) => void heard.push(JSON.stringify(answer)))
        const { tools } = yield* Effect.promise(() => client.listTools())
        const calls = Effect.gen(function* () {
          for (const name of ["giving", "failing", "signing", "connected"]) {
            yield* hear("preview_sync", { name })
            yield* hear("run_sync", { name })
          }
          const { runs } = (yield* call("list_runs")).value
          for (const { runId } of runs) yield* hear("get_run", { runId })
          for (const sql of ["SELECT * FROM giving", "SELECT text || '!' FROM giving", "SELECT getenv('KEY')", "bad"]) {
            yield* hear("query", { sql })
          }
          for (const { name } of tools) {
            for (const input of [{}, { name: planted.key }, { connector: "giving" }, { dataset: "giving" }]) {
              yield* hear(name, input)
            }
          }
          const { resources } = yield* Effect.promise(() => client.listResources())
          for (const uri of [
            ...resources.map(({ uri }) => uri),
            "openislands://.env",
            "file:///etc/passwd",
            "openislands://connectors/../runs",
            `openislands://datasets/${planted.client}/contract`,
          ]) {
            const read = client.readResource({ uri }).then(
              (answer) => heard.push(JSON.stringify(answer)),
              (error: { readonly data?: unknown }) => heard.push(String(error), JSON.stringify(error.data ?? null)),
            )
            yield* Effect.promise(() => read)
          }
        })
        yield* calls
        writeFileSync(path.join(root, "manifest.json"), `{ ${planted.key}`)
        yield* calls
        const everything = heard.join("\n")
        for (const secret of [...Object.values(planted), ...Object.values(tokens)]) {
          for (const form of formsOf(secret)) assert.isFalse(everything.includes(form), form)
        }
        assert.include(everything, "it is [redacted]")
        // It could have been found: it is in the rows, and where secrets are kept.
        assert.include(
          JSON.stringify(dataOf(root)) + readFileSync(path.join(store, "connected.json"), "utf8"),
          tokens.accessToken,
        )
      }),
    )

    it.live("authorizes nothing, and has the words for the human who does", () =>
      Effect.gen(function* () {
        const { root, asked, store } = yield* scene
        const { client, call } = yield* connect(root)
        const { tools } = yield* Effect.promise(() => client.listTools())
        for (const { name, inputSchema } of tools) {
          assert.notMatch(JSON.stringify([name, inputSchema]), /auth|token|secret|password|credential|\bcode\b/i)
        }
        const { value, said } = yield* call("run_sync", { name: "signing" })
        assert.strictEqual(value["error"]._tag, "NotConnected")
        const here = transport === "HTTP" ? /open http:\/\/127\.0\.0\.1:\d+ / : /run "openislands serve"/
        assert.match(said.join(), here)
        assert.match(said.join(), /click Connect on "signing"/)
        assert.match((yield* call("preview_sync", { name: "signing" })).said.join(), here)
        for (const { name } of tools) yield* call(name, { name: "signing" })
        assert.deepEqual(asked, [], "nobody asked the provider for anything")
        assert.isFalse(existsSync(path.join(store, "signing.json")))
        if (transport === "stdio") {
          const { origin } = yield* serving(root)
          assert.include((yield* call("run_sync", { name: "signing" })).said.join(), `open ${origin} `)
        }
      }),
    )

    it.live("writes nothing that a rollback doesn't undo", () =>
      Effect.gen(function* () {
        const { root } = yield* scene
        const { client, call } = yield* connect(root)
        const { tools } = yield* Effect.promise(() => client.listTools())
        const before = dataOf(root)
        const files = () => [...readdirSync(root), ...readdirSync(path.join(root, "connectors"))]
        const there = files()
        for (const { name, annotations } of tools.filter(({ name }) => name !== "run_sync")) {
          for (const input of [
            {},
            { name: "giving" },
            { dataset: "giving" },
            { sql: "COPY giving TO 'data/out.csv'" },
          ]) {
            yield* call(name, input)
            assert.deepEqual(dataOf(root), before, `${name} ${JSON.stringify(annotations)}`)
          }
        }
        const { value } = yield* call("run_sync", { name: "giving" })
        assert.notDeepEqual(dataOf(root), before)
        const { checkpoints } = (yield* call("list_checkpoints")).value
        assert.deepEqual(
          checkpoints.map((one: { readonly checkpoint_id: string }) => one.checkpoint_id),
          [value["checkpoint_id"]],
        )
        yield* call("rollback", { checkpoint_id: value["checkpoint_id"] })
        assert.deepEqual(dataOf(root), before)
        assert.deepEqual(files(), there)
      }),
    )
  })
}
