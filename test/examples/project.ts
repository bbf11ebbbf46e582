import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { ConnectorCatalog } from "../../src/services/ConnectorCatalog.ts"
import { ManifestService } from "../../src/services/ManifestService.ts"
import { TokenService } from "../../src/services/TokenService.ts"
import { copyOfExample } from "../fixtures/examples.ts"

/** A file of an example that says where the provider of its connectors is. */
interface Named {
  readonly example: string
  readonly file: string
  readonly origin: string
}

interface Connector {
  readonly module: string
  readonly datasets: Readonly<Record<string, string>>
  readonly config?: object
}

/** The connectors of an example as they are, but that their provider is at `url`; each dataset is `data/<name>.jsonl`. */
export const projectAt = Effect.fnUntraced(function* (
  url: string,
  { example, file, origin }: Named,
  connectors: Readonly<Record<string, Connector>>,
  env: Readonly<Record<string, string>>,
) {
  const root = yield* copyOfExample(example)
  const permissions = { net: [new URL(url).host] }
  const names = Object.values(connectors).flatMap(({ datasets }) => Object.values(datasets))
  const manifest = {
    datasets: Object.fromEntries(names.map((name) => [name, { source: `data/${name}.jsonl` }])),
    connectors: Object.fromEntries(Object.entries(connectors).map(([name, one]) => [name, { ...one, permissions }])),
  }
  yield* Effect.promise(async () => {
    await writeFile(path.join(root, "manifest.json"), JSON.stringify(manifest))
    const lines = Object.entries(env).map(([key, value]) => `${key}=${value}\n`)
    await writeFile(path.join(root, ".env"), lines.join(""))
    const source = await readFile(path.join(root, file), "utf8")
    assert.include(source, `"${origin}"`)
    await writeFile(path.join(root, file), source.replace(`"${origin}"`, `"${url}"`))
  })
  return root
})

/** As a human who agrees. */
export const signIn = Effect.fnUntraced(function* (connector: string) {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  const { declaration } = (yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))).description
  const tokens = yield* TokenService
  const redirectUri = `http://127.0.0.1:4321/api/connectors/${connector}/auth/callback`
  const { authorizeUrl } = yield* tokens.authorize(connector, declaration, redirectUri)
  const { headers } = yield* Effect.promise(() => fetch(authorizeUrl, { redirect: "manual" }))
  yield* tokens.complete(connector, new URL(headers.get("location") ?? "").searchParams)
})

/** Of a dataset in JSON Lines; none as long as there is no file. */
export const rowsOf = (root: string, dataset: string): ReadonlyArray<any> => {
  const file = path.join(root, `data/${dataset}.jsonl`)
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
}
