import { Effect } from "effect"
import { cp, readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { assert } from "vitest"
import { temporaryProject } from "../../fixtures/project.ts"
import { rowsOf } from "../project.ts"
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

const keyOf = (row: any): string => String(row.id ?? row.cycle_id)
const byKey = (one: object, other: object): number => keyOf(one).localeCompare(keyOf(other))

export const assertHolds = (root: string, name: Name, held: Held, when: string): void => {
  for (const output of outputs) {
    const rows = rowsOf(root, `${name}_${output}`).toSorted(byKey)
    assert.deepEqual(rows, [...held[output].values()].toSorted(byKey), `${name} ${output} ${when}`)
  }
}
