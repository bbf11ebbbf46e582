import { Effect, Layer } from "effect"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import * as FileTokens from "../../../src/layers/FileTokens.ts"
import { layerAt } from "../../../src/layers/NodeProject.ts"
import { KeySource } from "../../../src/layers/tokens/keys.ts"
import type { Declaration } from "../../../src/services/domain/Description.ts"
import { TokenService } from "../../../src/services/TokenService.ts"
import { temporaryProject } from "../../fixtures/project.ts"

export const redirectUri = "http://127.0.0.1:4321/api/connectors/acme/auth/callback"
export const clientSecret = "the client secret: ü & co"

/** A project with a client's keys, and the tokens of connector "acme" if there are any. */
export const signedIn = Effect.fnUntraced(function* (stored: object | null) {
  const root = yield* temporaryProject({ ".env": `CLIENT_ID=our-client\nCLIENT_SECRET='${clientSecret}'\n` })
  const file = path.join(root, ".openislands/connectors/acme.json")
  if (stored !== null) {
    yield* Effect.promise(async () => {
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, JSON.stringify(stored))
    })
  }
  const tokens = yield* tokensAt(root)
  const kept = Effect.promise(async () => JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>)
  return { root, file, tokens, kept }
})

/** The service as a process with this environment has it. */
export const tokensAt = (root: string, environment: KeySource["environment"] = {}, file: string | null = null) =>
  TokenService.pipe(
    Effect.provide(
      FileTokens.layer.pipe(
        Layer.provide(layerAt(root)),
        Layer.provide(Layer.succeed(KeySource, { file, environment })),
        // Each is another process.
        Layer.fresh,
      ),
    ),
  )

/** Goes through a sign-in as a browser would whose human agrees; `more` is what the provider adds to its answer. */
export const signIn = Effect.fnUntraced(function* (
  tokens: TokenService["Service"],
  declaration: Declaration,
  more: Readonly<Record<string, string>> = { code: "the-code" },
) {
  const { authorizeUrl, state } = yield* tokens.authorize("acme", declaration, redirectUri)
  yield* tokens.complete("acme", new URLSearchParams({ state, ...more }))
  return new URL(authorizeUrl)
})
