import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import tides from "./index.ts"

const url = "https://tides.example"
const reading = (minute: number) => ({
  station: "Pier",
  measured_at: `2026-01-01T00:0${minute}:00.000Z`,
  level_cm: 200,
})

test("all pages are inserted once, and the next sync asks for what came after", async () => {
  const first = await testConnector(tides, {
    config: { url },
    fetch: {
      [`GET ${url}/readings`]: [
        { body: { readings: [reading(1), reading(2)], next_cursor: "2" } },
        { body: { readings: [reading(3)], next_cursor: null } },
      ],
    },
  })
  assert.deepEqual(first.rows.readings, [1, 2, 3].map(reading))
  assert.deepEqual(first.state, { since: reading(3).measured_at })

  const second = await testConnector(tides, {
    config: { url },
    state: first.state,
    fetch: { [`GET ${url}/readings`]: { body: { readings: [], next_cursor: null } } },
  })
  assert.deepEqual(second.rows.readings, [])
  assert.equal(new URL(second.requests[0]!.url).searchParams.get("since"), reading(3).measured_at)
  assert.deepEqual(second.state, first.state)
})
