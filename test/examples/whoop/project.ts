import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { cp, readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { assert } from "vitest"
import { ConnectorCatalog } from "../../../src/services/ConnectorCatalog.ts"
import { ManifestService } from "../../../src/services/ManifestService.ts"
import { TokenService } from "../../../src/services/TokenService.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import type { Held } from "./expected.ts"
import { client } from "./server.ts"

export const lookbackDays = 10
export const names = ["whoop", "revised"] as const
export type Name = (typeof names)[number]
const outputs = ["recovery", "sleep", "workouts"] as const

/** Both connectors of examples/health as they are, but that Whoop is at `url`. */
export const projectAt = Effect.fnUntraced(function* (url: string) {
  const entry = (name: Name, module: string) => ({
    module,
    datasets: Object.fromEntries(outputs.map((output) => [output, `${name}_${output}`])),
    config: { lookbackDays },
    permissions: { net: [new URL(url).host] },
  })
  const datasets = names.flatMap((name) => outputs.map((output) => `${name}_${output}`))
  const root = yield* temporaryProject({
    "manifest.json": JSON.stringify({
      datasets: Object.fromEntries(datasets.map((name) => [name, { source: `data/${name}.jsonl` }])),
      connectors: {
        whoop: entry("whoop", "connectors/whoop"),
        revised: entry("revised", "connectors/whoop-revised"),
      },
    }),
    ".env": `WHOOP_CLIENT_ID=${client.id}\nWHOOP_CLIENT_SECRET=${client.secret}\n`,
  })
  yield* Effect.promise(async () => {
    const connectors = path.join(root, "connectors")
    await cp(path.join(import.meta.dirname, "../../../examples/health/connectors"), connectors, { recursive: true })
    const api = path.join(connectors, "whoop/api.ts")
    const source = await readFile(api, "utf8")
    await writeFile(api, source.replace('"https://api.prod.whoop.com"', `"${url}"`))
  })
  return root
})

/** As a human who agrees. */
export const signIn = Effect.fnUntraced(function* (connector: Name) {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  const { declaration } = (yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))).description
  const tokens = yield* TokenService
  const redirectUri = `http://127.0.0.1:4321/api/connectors/${connector}/auth/callback`
  const { authorizeUrl } = yield* tokens.authorize(connector, declaration, redirectUri)
  const { headers } = yield* Effect.promise(() => fetch(authorizeUrl, { redirect: "manual" }))
  yield* tokens.complete(connector, new URL(headers.get("location") ?? "").searchParams)
})

const rowsOf = (root: string, dataset: string): ReadonlyArray<any> => {
  const file = path.join(root, `data/${dataset}.jsonl`)
  if (!existsSync(file)) return []
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
}

const keyOf = (row: any): string => String(row.id ?? row.cycle_id)
const byKey = (one: object, other: object): number => keyOf(one).localeCompare(keyOf(other))

export const assertHolds = (root: string, name: Name, held: Held, when: string): void => {
  for (const output of outputs) {
    const rows = rowsOf(root, `${name}_${output}`).toSorted(byKey)
    assert.deepEqual(rows, [...held[output].values()].toSorted(byKey), `${name} ${output} ${when}`)
  }
}
