import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import whoop from "./index.ts"
import { nap, pending, recovery, run, sleep } from "./samples.ts"

// Run it with: openislands test. Whoop is not asked, and nothing is written.
const api = "https://api.prod.whoop.com/developer/v2"
const page = (records: ReadonlyArray<object>, next_token: string | null = null) => ({ body: { records, next_token } })
const now = "2026-02-10T12:00:00Z"
const nothing = page([])

test("each record becomes one flat row, all pages of it", async () => {
  const { rows, requests } = await testConnector(whoop, {
    now,
    fetch: {
      [`GET ${api}/recovery?limit=25&start=2026-01-11T12:00:00.000Z`]: page([recovery]),
      [`GET ${api}/activity/sleep?limit=25`]: page([nap], "more"),
      [`GET ${api}/activity/sleep?limit=25&nextToken=more`]: page([sleep]),
      [`GET ${api}/activity/workout?limit=25`]: page([run]),
    },
  })
  assert.deepEqual(rows.recovery, [
    {
      cycle_id: 93845,
      sleep_id: sleep.id,
      created_at: "2026-02-09T06:30:00.000Z",
      updated_at: "2026-02-09T06:35:00.000Z",
      score_state: "SCORED",
      user_calibrating: false,
      recovery_percent: 44,
      resting_heart_rate: 64,
      hrv_ms: 31.813562,
      spo2_percent: 95.6875,
      skin_temp_celsius: 33.7,
    },
  ])
  // Whoop tells the newest first; the file has the oldest first.
  assert.deepEqual(
    rows.sleep.map(({ start, nap, deep_minutes, performance_percent }) => [
      start,
      nap,
      deep_minutes,
      performance_percent,
    ]),
    [
      ["2026-02-08T22:00:00.000Z", false, 111, 98],
      ["2026-02-09T13:00:00.000Z", true, null, null],
    ],
  )
  assert.deepEqual(
    rows.workouts.map(({ sport, strain, distance_meters, altitude_gain_meters }) => [
      sport,
      strain,
      distance_meters,
      altitude_gain_meters,
    ]),
    [["running", 8.2463, 1772.77035916, null]],
  )
  assert.ok(requests.every(({ headers }) => headers["authorization"] === "Bearer test-access-token"))
})

const syncing = (sleeps: ReadonlyArray<object>, state = {}) =>
  testConnector(whoop, {
    now,
    state,
    fetch: {
      [`GET ${api}/recovery`]: nothing,
      [`GET ${api}/activity/sleep`]: page(sleeps),
      [`GET ${api}/activity/workout`]: nothing,
    },
  })

test("a record without a score waits for it, and is inserted once, with those that came before and after it", async () => {
  const first = await syncing([nap, { ...pending }])
  assert.deepEqual(
    first.rows.sleep.map(({ id }) => id),
    [nap.id],
  )
  const second = await syncing([nap, sleep], first.state)
  assert.deepEqual(
    second.rows.sleep.map(({ id }) => id),
    [sleep.id],
  )
  const third = await syncing([nap, sleep], second.state)
  assert.deepEqual(third.rows.sleep, [])
  // Nothing has changed, so there is nothing to commit either.
  assert.deepEqual(third.state, second.state)
})

test("a record that a wrong clock has dated into the future is taken, and the cursor stays where it was", async () => {
  const future = { ...sleep, id: "0d9c2c6e-0000-4000-8000-000000000001", start: "2035-01-01T00:00:00.000Z" }
  const first = await syncing([nap])
  const second = await syncing([future, nap], first.state)
  assert.deepEqual(
    second.rows.sleep.map(({ id }) => id),
    [future.id],
  )
  const third = await syncing([future, nap, sleep], second.state)
  assert.deepEqual(
    third.rows.sleep.map(({ id }) => id),
    [sleep.id],
  )
  assert.equal(third.requests[1]?.url, first.requests[1]?.url + "&start=2026-01-10T13%3A00%3A00.000Z")
})

test("a recovery that is not scored yet has nulls", async () => {
  const { rows } = await testConnector(whoop, {
    now,
    fetch: {
      [`GET ${api}/recovery`]: page([{ ...recovery, score_state: "PENDING_SCORE", score: undefined }]),
      [`GET ${api}/activity/sleep`]: nothing,
      [`GET ${api}/activity/workout`]: nothing,
    },
  })
  assert.partialDeepStrictEqual(rows.recovery, [{ score_state: "PENDING_SCORE", recovery_percent: null, hrv_ms: null }])
})

test("Whoop's limit is waited out; an answer that isn't what it should be fails the sync and names the place", async () => {
  const { waits, error } = await testConnector(whoop, {
    now,
    fetch: {
      [`GET ${api}/recovery`]: [{ status: 429, headers: { "retry-after": "20" } }, nothing],
      [`GET ${api}/activity/sleep`]: page([{ ...sleep, nap: "no" }]),
      [`GET ${api}/activity/workout`]: nothing,
    },
  })
  assert.deepEqual(waits, [20_000])
  assert.match(error?.message ?? "", /row 1 of output "sleep", column "nap": expected boolean, got "no"/)
})
