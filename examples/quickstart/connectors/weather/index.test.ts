import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import weather from "./index.ts"

// "npm install", then "node --test".
const config = { directory: join(import.meta.dirname, "../../exports") }

test("every file is read once; the stations are summed up from all of them", async () => {
  const { rows, state, logs } = await testConnector(weather, { config, state: { newest: "2015-05.csv" } })
  assert.equal(rows.observations.length, 60)
  assert.ok(rows.observations.every(({ date }) => date.startsWith("2015-06")))
  assert.deepEqual(
    rows.stations.map(({ station, days }) => [station, days]),
    [
      ["New York", 181],
      ["Seattle", 181],
    ],
  )
  assert.deepEqual(logs, ["2015-06.csv: 60 observations"])

  const again = await testConnector(weather, { config, state })
  assert.deepEqual(again.rows.observations, [])
  assert.deepEqual(again.state, state)
})

test("a directory that isn't there fails the sync", async () => {
  const { error } = await testConnector(weather, { config: { directory: "no-such" } })
  assert.match(error?.message ?? "", /ENOENT/)
})
