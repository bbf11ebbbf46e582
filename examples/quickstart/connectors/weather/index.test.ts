import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import weather from "./index.ts"

// Run it with: openislands test
const config = { directory: join(import.meta.dirname, "../../later") }

test("a file is inserted once; the stations are summed up from all of them each time", async () => {
  const { rows, state, logs } = await testConnector(weather, { config, state: { newest: "2015-06.csv" } })
  assert.equal(rows.observations.length, 62)
  assert.ok(rows.observations.every(({ date }) => date.startsWith("2015-07")))
  assert.deepEqual(
    rows.stations.map(({ station, days }) => [station, days]),
    [
      ["New York", 31],
      ["Seattle", 31],
    ],
  )
  assert.deepEqual(logs, ["2015-07.csv: 62 observations"])

  const again = await testConnector(weather, { config, state })
  assert.deepEqual(again.rows, { observations: [], stations: rows.stations })
  assert.deepEqual(again.state, state)
})

test("a directory that isn't there fails the sync", async () => {
  const { error } = await testConnector(weather, { config: { directory: "no-such" } })
  assert.match(error?.message ?? "", /ENOENT/)
})
