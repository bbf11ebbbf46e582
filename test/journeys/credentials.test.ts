import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdir, rm, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { connector, manifest, status, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const declaring = (declared: string) => connector().replace("outputs:", `${declared}, outputs:`)

/** One connector per way to sign in. */
const files = {
  "manifest.json": manifest({ plain: {}, keyed: {}, bearer: {}, oauth: {} }),
  "connectors/plain/index.ts": connector(),
  "connectors/keyed/index.ts": declaring(`secrets: ["FIRST", "SECOND"]`),
  "connectors/bearer/index.ts": declaring(`auth: { type: "bearer", data: { tokenEnv: "TOKEN" } }`),
  "connectors/oauth/index.ts": declaring(`auth: { type: "oauth2", data: {
    authorizeUrl: "https://a.example/auth", tokenUrl: "https://a.example/token", scopes: [],
    clientIdEnv: "CLIENT_ID", clientSecretEnv: "CLIENT_SECRET" } }`),
}

/** What each connector lacks; "connected" and "not connected" when it lacks nothing. */
const states = Effect.fnUntraced(function* (root: string) {
  const { document, human } = yield* status(root)
  const state = document.connectors.map(
    ({ name, connected, missingSecrets }) =>
      [name, missingSecrets.length > 0 ? missingSecrets.join() : connected ? "connected" : "not connected"] as const,
  )
  return { state: Object.fromEntries(state), document, human }
})

const withEnv = Effect.fnUntraced(function* (env: string | Uint8Array) {
  const root = yield* temporaryProject(files)
  yield* Effect.promise(() => writeFile(path.join(root, ".env"), env))
  return yield* states(root)
})

const complete = { plain: "connected", keyed: "connected", bearer: "connected", oauth: "not connected" }
const all = "FIRST=1\nSECOND=2\nTOKEN=t\nCLIENT_ID=c\nCLIENT_SECRET=s\n"

describe.concurrent(".env", () => {
  it.live("missing: each connector says which keys it needs", () =>
    Effect.gen(function* () {
      const { state, document, human } = yield* states(yield* temporaryProject(files))
      const missing = { keyed: "FIRST,SECOND", bearer: "TOKEN", oauth: "CLIENT_ID,CLIENT_SECRET" }
      assert.deepEqual(state, { plain: "connected", ...missing })
      assert.deepEqual(
        document.connectors.map(({ auth }) => auth),
        ["none", "none", "bearer", "oauth2"],
      )
      assert.include(human, "needs FIRST, SECOND in .env")
    }),
  )

  it.live("complete: connected, but OAuth2 needs its sign-in; a change counts at once; nothing of it is shown", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...files, ".env": all.replace("=1", "=hunter2") })
      const { state, document, human } = yield* states(root)
      assert.deepEqual(state, complete)
      assert.notInclude(JSON.stringify(document) + human, "hunter2")
      yield* Effect.promise(() => rm(path.join(root, ".env")))
      assert.strictEqual((yield* states(root)).state["bearer"], "TOKEN")
    }),
  )

  for (const [name, env] of [
    ["a byte order mark and CRLF", `\uFEFF${all}`.replaceAll("\n", "\r\n")],
    [
      "quotes, export, comments and spaces",
      `# mine\nexport FIRST="a b" # why\n SECOND = '2'\nTOKEN=\`t\`\n\nCLIENT_ID=c\nCLIENT_SECRET=s`,
    ],
    ["a value of several lines", `FIRST="-----BEGIN\nSECOND=no\n-----END"\n${all.replace("FIRST=1\n", "")}`],
  ] as const) {
    it.live(`with ${name}`, () =>
      Effect.gen(function* () {
        assert.deepEqual((yield* withEnv(env)).state, complete)
      }),
    )
  }

  it.live("an empty value counts as missing", () =>
    Effect.gen(function* () {
      const { state } = yield* withEnv(`FIRST=\nSECOND=""\nTOKEN=\nCLIENT_ID=' '\nCLIENT_SECRET=s`)
      assert.deepInclude(state, { keyed: "FIRST,SECOND", bearer: "TOKEN" })
    }),
  )

  for (const [name, make, detail] of [
    ["a directory", (file: string) => mkdir(file), /cannot read \.env: it is a directory/],
    ["binary", (file: string) => writeFile(file, Buffer.from([70, 61, 0, 255, 10])), /it is not a text file/],
  ] as const) {
    it.live(`${name} is a named error of each connector that needs it, and of no other`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(files)
        yield* Effect.promise(async () => void (await make(path.join(root, ".env"))))
        const { document } = yield* status(root)
        for (const { name, connected, lastError } of document.connectors) {
          assert.strictEqual(connected, name === "plain", name)
          if (name !== "plain") assert.match((lastError as { message: string }).message, detail)
        }
        const { document: report, human } = yield* validate(root)
        assert.match(human, /^\.env error: cannot read \.env: /m)
        assert.isFalse(report.ok)
        assert.deepEqual(
          [...new Set(report.errors.map(({ _tag, file }) => [_tag, file].join()))],
          ["EnvUnreadable,.env"],
        )
      }),
    )
  }

  it.live("a value that is too short to be told from a word is a warning of validate", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...files, ".env": all.replace("FIRST=1", "FIRST=long-enough") })
      const { document, human } = yield* validate(root)
      const short = document.warnings.filter(({ _tag }) => _tag === "SecretTooShort")
      assert.deepInclude(short[0], { file: ".env", connector: "keyed", key: "SECOND", line: null })
      assert.notInclude(JSON.stringify(short), "FIRST")
      assert.match(human, /^\.env warning: SECOND of connector "keyed" has fewer than 6 characters/m)
    }),
  )

  it.live("the machine's own environment is no .env", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      const { stdout } = yield* openislands(["status", "--json"], { cwd: root, env: { TOKEN: "t" } })
      assert.match(stdout, /"missingSecrets": \[\s*"TOKEN"/)
    }),
  )
})
