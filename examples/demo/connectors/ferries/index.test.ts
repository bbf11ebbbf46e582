import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import ferries from "./index.ts"

const url = "https://ferries.example"
const departure = (id: string, status: "scheduled" | "departed", updated_at: string) => ({
  id,
  harbour: "Pier",
  to: "Skerry",
  vessel: "Puffin",
  planned: "2026-01-01T12:00:00.000Z",
  expected: "2026-01-01T12:00:00.000Z",
  status,
  passengers: status === "departed" ? 40 : null,
  updated_at,
})

test("waits when it asks too often, and the newest of a departure is what stays", async () => {
  const told = departure("a", "scheduled", "2026-01-01T09:00:00.000Z")
  const other = departure("b", "scheduled", "2026-01-01T09:30:00.000Z")
  const left = departure("a", "departed", "2026-01-01T12:00:00.000Z")
  const { rows, state, waits } = await testConnector(ferries, {
    config: { url },
    tokens: { accessToken: "a token" },
    fetch: {
      [`GET ${url}/departures`]: [
        { body: { departures: [told, other], next_cursor: "2" } },
        { status: 429, headers: { "retry-after": "1" } },
        { body: { departures: [left], next_cursor: null } },
      ],
    },
  })
  assert.deepEqual(rows.departures, [left, other])
  assert.deepEqual(state, { since: left.updated_at })
  assert.deepEqual(waits, [1_000])
})
