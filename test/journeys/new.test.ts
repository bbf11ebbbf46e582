import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFile, stat, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { inBothForms, status, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { typeCheck } from "../fixtures/typeCheck.ts"

const read = (...parts: ReadonlyArray<string>) => Effect.promise(() => readFile(path.join(...parts), "utf8"))

const neededBy: Readonly<Record<string, ReadonlyArray<string>>> = {
  none: [],
  key: ["MY_BANK_API_KEY"],
  bearer: ["MY_BANK_API_TOKEN"],
  oauth2: ["MY_BANK_CLIENT_ID", "MY_BANK_CLIENT_SECRET"],
}

describe.concurrent("new", () => {
  for (const [auth, env] of Object.entries(neededBy)) {
    it.live(`--auth ${auth}: a connector that type-checks, validates, and is declared with what it needs`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({})
        yield* openislands(["init"], { cwd: root })
        const examples = yield* read(root, ".env.example")
        const made = yield* openislands(["new", "my-bank", "--auth", auth, "--json"], { cwd: root })
        assert.strictEqual(made.code, 0)
        assert.strictEqual(made.stderr, "")
        assert.deepEqual(JSON.parse(made.stdout), {
          connector: "my-bank",
          auth,
          paging: "cursor",
          datasets: { items: "my-bank" },
          created: ["connectors/my-bank/index.ts", "connectors/my-bank/index.test.ts"],
          changed: env.length === 0 ? ["manifest.json"] : [".env.example", "manifest.json"],
          env,
          redirectUri: auth === "oauth2" ? "http://127.0.0.1:4321/api/connectors/my-bank/auth/callback" : null,
        })
        assert.strictEqual(yield* read(root, ".env.example"), examples + env.map((key) => `${key}=\n`).join(""))
        assert.include(yield* read(root, ".openislands/manifest.schema.json"), "config.my-bank")
        assert.deepInclude((yield* validate(root)).document, { ok: true, warnings: [] })
        const [connector] = (yield* status(root)).document.connectors
        assert.deepInclude(connector, {
          name: "my-bank",
          // A key is the connector's own to send.
          auth: (auth === "key" ? "none" : auth) as "none",
          connected: auth === "none",
          loadError: null,
        })
        assert.strictEqual(yield* typeCheck(root), "")
        const tested = yield* openislands(["test"], { cwd: root })
        assert.strictEqual(tested.code, 0, tested.stdout)
      }),
    )
  }

  it.live("keeps the manifest's comments, and names the keys for people", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": `{\n  "datasets": {}, // none yet\n  /* and */ "connectors": {}\n}\n`,
      })
      const { code, stdout } = yield* openislands(["new", ".", "7even", "--auth", "bearer"], { cwd: root })
      assert.strictEqual(code, 0)
      assert.include(stdout, "created connectors/7even/index.ts")
      assert.include(stdout, "it needs in .env: _7EVEN_API_TOKEN=...")
      assert.include(stdout, "openislands preview 7even")
      const text = yield* read(root, "manifest.json")
      assert.include(text, `}, // none yet\n  /* and */ "connectors": {\n    "7even": {`)
      // A project without a tsconfig.json and .env.example goes on without them.
      for (const name of ["tsconfig.json", ".env.example", ".env"]) {
        assert.isFalse(yield* Effect.promise(() => stat(path.join(root, name)).then(Boolean, () => false)))
      }
      assert.isTrue((yield* validate(root)).document.ok)
    }),
  )

  it.live("leads through the sign-in before the first preview, to where the server is said to be", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": `{ "serve": { "origin": "https://islands.example.com" } }`,
      })
      const { stdout } = yield* openislands(["new", "bank", "--auth", "oauth2"], { cwd: root })
      const steps = [
        "redirect URI https://islands.example.com/api/connectors/bank/auth/callback\n",
        "into .env",
        'openislands serve, open https://islands.example.com and click Connect on "bank"\n',
        "openislands preview bank\n",
      ]
      for (const step of steps) assert.include(stdout, step)
      const places = steps.map((step) => stdout.indexOf(step))
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      )

      yield* Effect.promise(() =>
        writeFile(path.join(root, ".env"), "BANK_CLIENT_ID=an-id\nBANK_CLIENT_SECRET=a-secret\n"),
      )
      const { human } = yield* status(root)
      assert.include(human, '  next: A human has to sign in: run "openislands serve"')
      assert.include(human, "\n    If that fails, the server's log says why.")
      assert.strictEqual(human.split('"openislands serve"').length, 2)
    }),
  )

  it.live("refuses what is there, and a name that is none, in both forms", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "connectors/one/index.ts": "mine" })
      const there = yield* inBothForms<{ error: object }>(["new", "one"], { cwd: root })
      assert.strictEqual(there.code, 1)
      assert.deepInclude(there.document.error, { _tag: "AlreadyThere", what: "directory", path: "connectors/one" })
      assert.strictEqual(yield* read(root, "connectors/one/index.ts"), "mine")
      assert.strictEqual(yield* read(root, "manifest.json"), "{}")
      const odd = yield* inBothForms<{ error: object }>(["new", "a b"], { cwd: root })
      assert.strictEqual(odd.code, 1)
      assert.deepInclude(odd.document.error, { _tag: "BadConnectorName" })
      assert.include(odd.human, "Use letters, digits, - and _")
      for (const wrong of [
        ["new"],
        ["new", "one", "two"],
        ["new", "one", "--auth", "basic"],
        ["new", "one", "--paging", "all"],
      ]) {
        assert.strictEqual((yield* openislands(wrong, { cwd: root })).code, 2)
      }
    }),
  )
})
