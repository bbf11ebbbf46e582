import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { rm, writeFile } from "node:fs/promises"
import * as path from "node:path"
import * as FileTokens from "../../src/layers/FileTokens.ts"
import { layerAt } from "../../src/layers/NodeProject.ts"
import type { Auth, Declaration } from "../../src/services/domain/Description.ts"
import { TokenService } from "../../src/services/TokenService.ts"
import { signingIn } from "../fixtures/oauthProvider.ts"
import { temporaryProject } from "../fixtures/project.ts"

const declaring = (secrets: ReadonlyArray<string>, auth: Auth | null = null): Declaration => ({
  description: "Test",
  schedule: null,
  secrets,
  auth,
  outputs: [{ name: "rows", description: null, key: null }],
})

const bearer: Auth = { type: "bearer", data: { tokenEnv: "TOKEN" } }

const withEnv = <A, E>(
  env: string | Uint8Array | null,
  use: (tokens: TokenService["Service"], root: string) => Effect.Effect<A, E>,
) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    if (env !== null) yield* Effect.promise(() => writeFile(path.join(root, ".env"), env))
    return yield* TokenService.use((tokens) => use(tokens, root)).pipe(
      Effect.provide(FileTokens.layer.pipe(Layer.provide(layerAt(root)))),
    )
  })

describe("credentials", () => {
  it.live("are the declared keys and nothing else of .env, and never enter process.env", () =>
    withEnv("FIRST=1\nSECOND=2\nOTHER=3\nTOKEN=t", (tokens) =>
      Effect.gen(function* () {
        const { secrets, tokens: none } = yield* tokens.credentials("one", declaring(["FIRST", "SECOND"]))
        assert.deepEqual(secrets, { FIRST: "1", SECOND: "2" })
        assert.isNull(none)
        const given = yield* tokens.credentials("one", declaring(["FIRST"], bearer))
        assert.deepEqual(given, { secrets: { FIRST: "1" }, tokens: { accessToken: "t" } })
        assert.notProperty(process.env, "SECOND")
      }),
    ),
  )

  it.live("that are missing or empty are named, each once, and what to write", () =>
    withEnv(`FIRST=\nSECOND=""`, (tokens) =>
      Effect.gen(function* () {
        const error = yield* tokens
          .credentials("one", declaring(["FIRST", "SECOND", "TOKEN"], bearer))
          .pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "MissingSecrets", missing: ["FIRST", "SECOND", "TOKEN"] })
        assert.include((error as { suggestion: string }).suggestion, "FIRST=... SECOND=... TOKEN=...")
      }),
    ),
  )

  it.live("named like members of every object are just names", () =>
    withEnv("constructor=c\n__proto__=p", (tokens) =>
      Effect.gen(function* () {
        const { missingSecrets } = yield* tokens.status("one", declaring(["toString", "constructor", "hasOwnProperty"]))
        assert.deepEqual(missingSecrets, ["toString", "hasOwnProperty"])
      }),
    ),
  )

  it.live("of OAuth2 need its sign-in even when the client's keys are there", () =>
    withEnv("CLIENT_ID=i\nCLIENT_SECRET=s", (tokens) =>
      Effect.gen(function* () {
        const oauth = signingIn("https://a.example")
        const status = yield* tokens.status("one", oauth)
        assert.deepInclude(status, { connected: false, missingSecrets: [], error: null })
        assert.strictEqual((yield* tokens.credentials("one", oauth).pipe(Effect.flip))._tag, "NotConnected")
      }),
    ),
  )
})

describe("secrets", () => {
  it.live("that are too short to be told from any word are named, so that somebody can be warned", () =>
    withEnv("SHORT=12345\nLONG=123456\nPADDED='  12345  '\nTOKEN=t", (tokens) =>
      Effect.gen(function* () {
        const { shortSecrets } = yield* tokens.status("one", declaring(["SHORT", "LONG", "PADDED"], bearer))
        assert.deepEqual(shortSecrets, ["SHORT", "PADDED", "TOKEN"])
      }),
    ),
  )

  it.live("are taken out of texts as they come to be known, client ids are not", () =>
    withEnv("CLIENT_ID=the-client-id\nCLIENT_SECRET=the-client-secret", (tokens, root) =>
      Effect.gen(function* () {
        const redact = yield* tokens.redactor
        yield* tokens.status("one", signingIn("https://a.example"))
        assert.strictEqual(
          redact("the-client-id the-client-secret later-secret"),
          "the-client-id [redacted] later-secret",
        )
        yield* Effect.promise(() => writeFile(path.join(root, ".env"), "OTHER=later-secret"))
        yield* tokens.redactor
        assert.strictEqual(redact("the-client-secret later-secret"), "[redacted] [redacted]")
        // Also when it cannot be read any more.
        yield* Effect.promise(() => writeFile(path.join(root, ".env"), "OTHER=\0"))
        assert.strictEqual((yield* tokens.redactor)("the-client-secret later-secret"), "[redacted] [redacted]")
      }),
    ),
  )
})

describe(".env", () => {
  it.live("is read anew when it changes, comes or goes", () =>
    withEnv(null, (tokens, root) =>
      Effect.gen(function* () {
        const env = path.join(root, ".env")
        const missing = tokens.status("one", declaring(["KEY"])).pipe(Effect.map((status) => status.missingSecrets))
        assert.deepEqual(yield* missing, ["KEY"])
        yield* Effect.promise(() => writeFile(env, "KEY=1"))
        assert.deepEqual(yield* missing, [])
        yield* Effect.promise(() => writeFile(env, "KEX=1"))
        assert.deepEqual(yield* missing, ["KEY"])
        yield* Effect.promise(() => rm(env))
        assert.deepEqual(yield* missing, ["KEY"])
      }),
    ),
  )

  it.live("that cannot be read fails what needs it, and nothing else", () =>
    withEnv(Buffer.from("KEY=\0"), (tokens) =>
      Effect.gen(function* () {
        const error = yield* tokens.status("one", declaring(["KEY"])).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "EnvUnreadable", detail: "it is not a text file" })
        assert.deepInclude(yield* tokens.status("one", declaring([])), { connected: true, missingSecrets: [] })
      }),
    ),
  )
})
