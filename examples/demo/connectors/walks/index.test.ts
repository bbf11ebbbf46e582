import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import walks from "./index.ts"

const provider = "http://127.0.0.1:4320"
const walk = (km: number, steps: number | null, updated_at: string) => ({
  id: "walk-1",
  started_at: "2026-01-01T08:00:00.000Z",
  title: "Round the bay",
  km,
  minutes: 30,
  steps,
  updated_at,
})
const weeks = [{ week: "2025-12-29", walks: 1, km: 3, wanted_km: 40 }]

test("a walk that was revised takes the place of what was known of it; the weeks are replaced", async () => {
  const arrived = walk(2, null, "2026-01-01T09:00:00.000Z")
  const counted = walk(3, 3_900, "2026-01-01T09:03:00.000Z")
  const { rows, state } = await testConnector(walks, {
    tokens: { accessToken: "a token" },
    fetch: {
      [`GET ${provider}/walks`]: [
        { body: { walks: [arrived], next_cursor: "1" } },
        { body: { walks: [counted], next_cursor: null } },
      ],
      [`GET ${provider}/walks/weeks`]: { body: { weeks } },
    },
  })
  assert.deepEqual(rows, { walks: [counted], weeks })
  assert.deepEqual(state, { since: counted.updated_at })
})

test("where the weeks can't be had, nothing of it counts", async () => {
  const { error } = await testConnector(walks, {
    tokens: { accessToken: "a token" },
    fetch: {
      [`GET ${provider}/walks`]: { body: { walks: [], next_cursor: null } },
      [`GET ${provider}/walks/weeks`]: { status: 403 },
    },
  })
  assert.match(error?.message ?? "", /walks\/weeks answered 403/)
})
