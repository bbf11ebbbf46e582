import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { fromOurPage, listen, request } from "../fixtures/http.ts"
import { kitImport } from "../fixtures/journey.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { json, provider } from "../fixtures/oauthProvider.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { servingWith } from "../fixtures/serving.ts"

/** Each can be told from anything else; none is a word. */
const planted = {
  bearer: "bearer-Xq7Zr2Lw9-token",
  key: "key+with/odd=chars&Jv4Kq8",
  lines: "first-line-Pm3Nd6Ws1\nsecond-line-Rt5Yb0Hc8",
  clientSecret: "client-secret-Gf2Sx7Ek4",
}
/** The store is plain to begin with, and encrypted from the first sync on. */
const env = { OPENISLANDS_KEY: randomBytes(32).toString("base64") }
const stored = { accessToken: "access-Bz1Qm5Vt9-0", refreshToken: "refresh-Ck8Wd3Ua6-0" }

/** Says what it was given in every way that it has. */
const telling = (secrets: string, auth: string, fails: string): string => `${kitImport}
export default defineConnector({
  description: "Tells everything",
  ${secrets}
  ${auth}
  outputs: { rows: {} },
  async sync(ctx) {
    const all = [...Object.values(ctx.secrets), ctx.tokens?.accessToken, ctx.tokens?.refreshToken].filter(Boolean) as string[]
    for (const one of all) {
      ctx.log("log " + one)
      console.log("out", one, JSON.stringify({ one }), encodeURIComponent(one), Buffer.from(one).toString("base64"))
      console.error("err", one)
      process.stdout.write(one.slice(0, 9))
      await new Promise((resolve) => setTimeout(resolve, 5))
      process.stdout.write(one.slice(9) + "\\n")
    }
    await ctx.insert("rows", [{ n: 1 }])
    if (process.stdout.writable && ${fails}) {
      const error = new Error("failed with " + all.join(" and "))
      error.stack += all.join("\\n")
      throw new Error("outer " + all[0], { cause: error })
    }
  },
})
`

const oauth = (url: string): string => `auth: { type: "oauth2", data: {
  authorizeUrl: "${url}/authorize", tokenUrl: "${url}/token", revocationUrl: "${url}/revoke", scopes: [],
  clientIdEnv: "CLIENT_ID", clientSecretEnv: "CLIENT_SECRET" } },`

/** A provider that repeats what it was sent, and hands out tokens that can be told apart. */
const echoing = Effect.gen(function* () {
  let serial = 0
  const handedOut: Array<string> = []
  const { url } = yield* provider(({ path: at, body, headers }, response) => {
    if (at !== "/token" || body.get("code") === "bad") {
      const text = `you sent ${body} and ${headers.authorization} ${planted.clientSecret}`
      return json(response, { error: "invalid_request", error_description: text }, 400)
    }
    serial++
    const [access, refresh] = [`access-Bz1Qm5Vt9-${serial}`, `refresh-Ck8Wd3Ua6-${serial}`]
    handedOut.push(access, refresh)
    json(response, { access_token: access, refresh_token: refresh, token_type: "bearer", expires_in: 1 })
  })
  return { url, handedOut }
})

const filesUnder = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))

const formsOf = (secret: string): ReadonlyArray<string> =>
  secret
    .split("\n")
    .flatMap((line) => [
      line,
      encodeURIComponent(line),
      JSON.stringify(line).slice(1, -1),
      Buffer.from(line).toString("base64").replace(/=+$/, ""),
    ])

it.live(
  "no secret is found outside .env and the encrypted tokens, whatever is done and whatever fails",
  () =>
    Effect.gen(function* () {
      const { url, handedOut } = yield* echoing
      const names = ["bearer", "keyed", "signed", "failing"]
      const datasets = Object.fromEntries(names.map((name) => [name, { source: `data/${name}.csv` }]))
      const connectors = Object.fromEntries(
        names.map((name) => [name, { module: `connectors/${name}`, datasets: { rows: name } }]),
      )
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify({ datasets, connectors }),
        "connectors/bearer/index.ts": telling("", `auth: { type: "bearer", data: { tokenEnv: "BEARER" } },`, "false"),
        "connectors/keyed/index.ts": telling(`secrets: ["KEY", "LINES"],`, "", "false"),
        "connectors/signed/index.ts": telling("", oauth(url), "false"),
        "connectors/failing/index.ts": telling(`secrets: ["KEY", "LINES"],`, oauth(url), "true"),
        ".env": `BEARER=${planted.bearer}\nKEY=${planted.key}\nLINES="${planted.lines}"\nCLIENT_ID=the-client-id\nCLIENT_SECRET=${planted.clientSecret}\n`,
      })
      const store = path.join(root, ".openislands/connectors")
      mkdirSync(store, { recursive: true, mode: 0o700 })
      for (const name of ["signed", "failing"]) {
        writeFileSync(path.join(store, `${name}.json`), JSON.stringify({ ...stored, expiresAt: 1 }), { mode: 0o600 })
      }
      const said: Array<string> = []

      const run = (...args: ReadonlyArray<string>) =>
        Effect.map(openislands(args, { cwd: root, env }), ({ stdout, stderr }) => void said.push(stdout, stderr))
      const everyCommand = Effect.gen(function* () {
        for (const args of [
          ["validate"],
          ["status"],
          ["sync"],
          ["runs"],
          ["history"],
          ["preview", "failing"],
          ["datasets"],
          ["tokens"],
        ]) {
          yield* run(...args)
          yield* run(...args, "--json")
        }
        const runs = yield* openislands(["runs", "--json"], { cwd: root, env })
        for (const { runId } of JSON.parse(runs.stdout).runs) yield* run("logs", runId)
        yield* run("query", "SELECT * FROM bearer")
        yield* run("rollback")
      })
      yield* everyCommand

      const { origin } = yield* servingWith(env, root)
      const client = yield* listen(origin)
      const post = (at: string) => request(origin, at, { method: "POST", headers: fromOurPage(origin) })
      const keep = (answer: { readonly text: string; readonly headers: object }) =>
        void said.push(answer.text, JSON.stringify(answer.headers))
      for (const name of ["bearer", "failing"]) keep(yield* post(`/api/connectors/${name}/sync`))
      yield* client.until(({ type, connector }) => type === "finished" && connector === "failing")
      const started = yield* post("/api/connectors/signed/auth/start")
      const cookie = started.headers["set-cookie"]?.[0]?.split(";")[0] ?? ""
      const state = new URL(started.json.authorizeUrl).searchParams.get("state")!
      keep(
        yield* request(origin, `/api/connectors/signed/auth/callback?code=bad&state=${state}`, { headers: { cookie } }),
      )
      keep(yield* post("/api/connectors/signed/auth/disconnect"))
      for (const at of [
        "/",
        "/api/connectors",
        "/api/connectors/signed",
        "/api/runs",
        "/api/datasets",
        "/api/checkpoints",
        "/api/openapi.json",
      ]) {
        keep(yield* request(origin, at))
      }
      const { json: listed } = yield* request(origin, "/api/runs")
      for (const { runId } of listed.runs) keep(yield* request(origin, `/api/runs/${runId}/log`))
      said.push(JSON.stringify(client.events))

      const { client: agent, call } = yield* mcpClient(root, { env })
      for (const { name } of (yield* Effect.promise(() => agent.listTools())).tools) {
        for (const input of [{}, { name: "failing" }, { connector: "failing" }, { dataset: "failing" }]) {
          said.push(JSON.stringify(yield* call(name, input)))
        }
      }
      for (const { uri } of (yield* Effect.promise(() => agent.listResources())).resources) {
        said.push(JSON.stringify(yield* Effect.promise(() => agent.readResource({ uri }))))
      }

      // Encrypted tokens are no place for them to be found in, either.
      const files = filesUnder(root).filter((file) => file !== path.join(root, ".env"))
      const texts = [...said, ...files.map((file) => readFileSync(file, "latin1"))]
      const everything = texts.join("\n")
      assert.isAbove(handedOut.length, 6)
      const secrets = [env.OPENISLANDS_KEY, ...Object.values(planted), ...Object.values(stored), ...handedOut]
      for (const form of secrets.flatMap(formsOf)) {
        const at = everything.indexOf(form)
        assert.strictEqual(at, -1, `${form} in ...${everything.slice(Math.max(0, at - 200), at + 100)}...`)
      }
      assert.include(everything, "[redacted]")
      // The same search finds them where they are kept, and the client id where anybody may see it.
      yield* run("tokens", "--decrypt")
      const inStore = [path.join(root, ".env"), ...filesUnder(store)]
        .map((file) => readFileSync(file, "utf8"))
        .join("\n")
      assert.include(inStore, handedOut.at(-1)!)
      assert.include(inStore, planted.bearer)
      assert.include(started.text, "the-client-id")
    }),
  180_000,
)
