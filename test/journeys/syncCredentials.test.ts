import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ConnectorStatus } from "../../src/services/domain/ConnectorStatus.ts"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { bytesOf, projectOf, runsAt, syncAt, syncing } from "../fixtures/syncing.ts"

const tells = `    ctx.log("began")
    await ctx.insert("rows", [{
      secrets: JSON.stringify(ctx.secrets),
      tokens: JSON.stringify(ctx.tokens ?? "none"),
      env: JSON.stringify(process.env.FIRST ?? "none"),
    }])`

const keyed = {
  "manifest.json": projectOf(["rows.jsonl"], { one: { datasets: { rows: "rows" } } }),
  "connectors/one/index.ts": syncing(tells, `\n  secrets: ["FIRST", "SECOND"],`),
}
const bearer = {
  ...keyed,
  "connectors/one/index.ts": syncing(
    tells,
    `\n  secrets: ["FIRST"],\n  auth: { type: "bearer", data: { tokenEnv: "TOKEN" } },`,
  ),
}
const oauth = {
  ...keyed,
  "connectors/one/index.ts": syncing(
    tells,
    `\n  auth: { type: "oauth2", data: { authorizeUrl: "https://a.example/auth", tokenUrl: "https://a.example/token", scopes: [],
    clientIdEnv: "CLIENT_ID", clientSecretEnv: "CLIENT_SECRET" } },`,
  ),
}

const rowOf = (root: string) => JSON.parse(readFileSync(path.join(root, "data/rows.jsonl"), "utf8")) as unknown

describe.concurrent("credentials", () => {
  it.live("the declared secrets arrive, and no others, and not through the environment", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...keyed, ".env": `FIRST="a b"\nSECOND='{"c":1}'\nTHIRD=no\nTOKEN=t\n` })
      assert.strictEqual((yield* syncAt(root)).code, 0)
      const secrets = JSON.stringify({ FIRST: "a b", SECOND: '{"c":1}' })
      assert.deepEqual(rowOf(root), { secrets, tokens: '"none"', env: '"none"' })
    }),
  )

  it.live("a bearer token arrives as the access token", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...bearer, ".env": "FIRST=1\nSECOND=2\nTOKEN=eyJ.a.b==\n" })
      assert.strictEqual((yield* syncAt(root, "one")).code, 0)
      const tokens = JSON.stringify({ accessToken: "eyJ.a.b==" })
      assert.deepEqual(rowOf(root), { secrets: '{"FIRST":"1"}', tokens, env: '"none"' })
    }),
  )

  it.live("what a run lacked is over once it is there: no error is left, and a schedule begins at once", () =>
    Effect.gen(function* () {
      const scheduled = keyed["manifest.json"].replace('"module"', '"schedule": "6h", "module"')
      const root = yield* temporaryProject({ ...keyed, "manifest.json": scheduled })
      const status = Effect.map(openislands(["status", "--json"], { cwd: root }), ({ stdout }) => {
        const [connector] = JSON.parse(stdout).connectors
        return connector as Pick<ConnectorStatus, "connected" | "lastSync" | "lastError" | "nextSyncReason">
      })
      for (let run = 0; run < 3; run++) yield* syncAt(root)
      const lacking = yield* status
      assert.deepInclude(lacking.lastError, { _tag: "MissingSecrets" })
      assert.strictEqual(lacking.nextSyncReason, "not before it is connected")

      writeFileSync(path.join(root, ".env"), "FIRST=1\nSECOND=2\n")
      const { connected, lastSync, lastError, nextSyncReason } = yield* status
      assert.isTrue(connected)
      assert.isNotNull(lastSync)
      assert.isNull(lastError)
      assert.match(nextSyncReason, /^at once: it has never synced/)
    }),
  )

  it.live("a sign-in that is missing comes before what the last sync failed for", () =>
    Effect.gen(function* () {
      const fails = oauth["connectors/one/index.ts"].replace('ctx.log("began")', 'throw new Error("the API is down")')
      const root = yield* temporaryProject({
        ...oauth,
        "connectors/one/index.ts": fails,
        ".env": "CLIENT_ID=1\nCLIENT_SECRET=2\n",
        ".openislands/connectors/one.json": '{"accessToken":"a-token"}',
      })
      assert.strictEqual((yield* syncAt(root)).errorTag, "ConnectorFailed")
      const shown = Effect.map(openislands(["status"], { cwd: root }), ({ stdout }) => stdout)
      const signedIn = yield* shown
      assert.match(signedIn, /^one {2}connected, but failing\n/)
      assert.include(signedIn, "\n  error: ")
      assert.notInclude(signedIn, "sign in")

      rmSync(path.join(root, ".openislands/connectors/one.json"))
      const signedOut = yield* shown
      assert.match(
        signedOut,
        /^one {2}not connected\n[^]*\n {2}next: A human has to sign in: .*\n {4}If that fails, .*\n {2}error of the last try: .*the API is down/,
      )
    }),
  )

  for (const [name, files, env, missing] of [
    ["two secrets", keyed, "THIRD=x\n", ["FIRST", "SECOND"]],
    ["an empty secret", keyed, "FIRST=1\nSECOND=\n", ["SECOND"]],
    ["a bearer token", bearer, "FIRST=1\n", ["TOKEN"]],
    ["client credentials", oauth, "CLIENT_ID=1\n", ["CLIENT_SECRET"]],
  ] as const) {
    it.live(`${name} missing: fails before anything runs, and works once they are there`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ ...files, ".env": env })
        const { code, run, errorTag } = yield* syncAt(root)
        assert.strictEqual(code, 1)
        assert.strictEqual(errorTag, "MissingSecrets")
        const error = run.error as unknown as ErrorDocument
        for (const key of missing) assert.include(error.message, key)
        assert.match(error.suggestion ?? "", /\.env/)
        assert.deepEqual(bytesOf(root), {})
        const { stdout } = yield* openislands(["logs", run.runId], { cwd: root })
        assert.strictEqual(stdout, "", "the connector ran")
        assert.deepInclude(yield* runsAt(root), run)

        writeFileSync(path.join(root, ".env"), `${env}${missing.map((key) => `${key}=later\n`).join("")}`)
        const again = yield* syncAt(root)
        if (files === oauth) assert.strictEqual(again.errorTag, "NotConnected")
        else {
          assert.strictEqual(again.code, 0)
          assert.isTrue(existsSync(path.join(root, "data/rows.jsonl")))
        }
      }),
    )
  }
})
