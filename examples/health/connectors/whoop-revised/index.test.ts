import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import { pending, recovery, run, sleep } from "../whoop/samples.ts"
import whoop from "./index.ts"

// Run it with: openislands test. Whoop is not asked, and nothing is written.
const api = "https://api.prod.whoop.com/developer/v2"
const page = (records: ReadonlyArray<object>) => ({ body: { records, next_token: "" } })
const now = "2026-02-10T12:00:00Z"

test("asks again for the last days, so that what was revised or came late takes its place", async () => {
  const first = await testConnector(whoop, {
    now,
    config: { since: "2026-02-01" },
    fetch: {
      [`GET ${api}/recovery?limit=25&start=2026-02-01T00:00:00.000Z`]: page([recovery]),
      [`GET ${api}/activity/sleep?limit=25&start=2026-02-01T00:00:00.000Z`]: page([pending]),
      [`GET ${api}/activity/workout?limit=25&start=2026-02-01T00:00:00.000Z`]: page([]),
    },
  })
  assert.deepEqual(
    first.rows.sleep.map(({ score_state, deep_minutes }) => [score_state, deep_minutes]),
    [["PENDING_SCORE", null]],
  )
  assert.deepEqual(first.state, { recovery: recovery.created_at, "activity/sleep": sleep.start })

  const revised = { ...recovery, score: { ...recovery.score, recovery_score: 51 } }
  const second = await testConnector(whoop, {
    now,
    config: { since: "2026-02-01", lookbackDays: 7 },
    state: first.state,
    fetch: {
      [`GET ${api}/recovery?limit=25&start=2026-02-02T06:30:00.000Z`]: page([revised]),
      [`GET ${api}/activity/sleep?limit=25&start=2026-02-01T22:00:00.000Z`]: page([sleep]),
      [`GET ${api}/activity/workout?limit=25&start=2026-02-01T00:00:00.000Z`]: page([run]),
    },
  })
  assert.deepEqual(
    second.rows.recovery.map(({ cycle_id, recovery_percent }) => [cycle_id, recovery_percent]),
    [[93845, 51]],
  )
  assert.deepEqual(
    second.rows.sleep.map(({ id, deep_minutes }) => [id, deep_minutes]),
    [[sleep.id, 111]],
  )
  assert.deepEqual(
    second.rows.workouts.map(({ id }) => id),
    [run.id],
  )
  assert.deepEqual(second.state, { ...first.state, "activity/workout": run.start })
})

test("an answer of Whoop's that is no page fails the sync, and nothing is written", async () => {
  const { rows, error } = await testConnector(whoop, {
    fetch: {
      [`GET ${api}/recovery`]: page([recovery]),
      [`GET ${api}/activity/sleep`]: { status: 403, body: { message: "Authorization was not valid" } },
    },
  })
  assert.match(error?.message ?? "", /activity\/sleep\?limit=25 answered 403: .*Authorization was not valid/)
  assert.deepEqual(rows, { recovery: [], sleep: [], workouts: [] })
})
