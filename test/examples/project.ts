import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { ConnectorCatalog } from "../../src/services/ConnectorCatalog.ts"
import { ManifestService } from "../../src/services/ManifestService.ts"
import { TokenService } from "../../src/services/TokenService.ts"

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
