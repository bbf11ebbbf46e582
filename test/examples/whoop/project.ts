import { assert } from "vitest"
import { projectAt, rowsOf } from "../project.ts"
import type { Held } from "./expected.ts"
import { client } from "./server.ts"

export const lookbackDays = 10
export const names = ["whoop", "revised"] as const
export type Name = (typeof names)[number]
const outputs = ["recovery", "sleep", "workouts"] as const

const entry = (name: Name, module: string) => ({
  module,
  datasets: Object.fromEntries(outputs.map((output) => [output, `${name}_${output}`])),
  config: { lookbackDays },
})

/** Both connectors of examples/health, with Whoop at `url`. */
export const whoopAt = (url: string) =>
  projectAt(
    url,
    { example: "health", file: "connectors/whoop/api.ts", origin: "https://api.prod.whoop.com" },
    { whoop: entry("whoop", "connectors/whoop"), revised: entry("revised", "connectors/whoop-revised") },
    { WHOOP_CLIENT_ID: client.id, WHOOP_CLIENT_SECRET: client.secret },
  )

const keyOf = (row: any): string => String(row.id ?? row.cycle_id)
const byKey = (one: object, other: object): number => keyOf(one).localeCompare(keyOf(other))

export const assertHolds = (root: string, name: Name, held: Held, when: string): void => {
  for (const output of outputs) {
    const rows = rowsOf(root, `${name}_${output}`).toSorted(byKey)
    assert.deepEqual(rows, [...held[output].values()].toSorted(byKey), `${name} ${output} ${when}`)
  }
}
