import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import strava from "./index.ts"

// Run it with: openislands test. Strava is not asked, and nothing is written.
const activities = "GET https://www.strava.com/api/v3/athlete/activities"

// As https://developers.strava.com/docs/reference/#api-Activities-getLoggedInAthleteActivities shows them, cut short.
const ride = {
  resource_state: 2,
  athlete: { id: 134815, resource_state: 1 },
  name: "Happy Friday",
  distance: 24931.4,
  moving_time: 4500,
  elapsed_time: 4500,
  total_elevation_gain: 0,
  type: "Ride",
  sport_type: "MountainBikeRide",
  workout_type: null,
  id: 154504250376823,
  external_id: "garmin_push_12345678987654321",
  start_date: "2018-05-02T12:15:09Z",
  start_date_local: "2018-05-02T05:15:09Z",
  timezone: "(GMT-08:00) America/Los_Angeles",
  start_latlng: null,
  kudos_count: 3,
  map: { id: "a12345678987654321", summary_polyline: null, resource_state: 2 },
  trainer: true,
  commute: false,
  manual: false,
  private: false,
  gear_id: "b12345678987654321",
  average_speed: 5.54,
  max_speed: 11,
  average_cadence: 67.1,
  average_watts: 175.3,
  kilojoules: 788.7,
  device_watts: true,
  has_heartrate: true,
  average_heartrate: 140.3,
  max_heartrate: 178,
}
const commute = {
  ...ride,
  id: 1234567809,
  name: "Bondcliff",
  start_date: "2018-04-30T12:35:51Z",
  average_watts: undefined,
}

test("takes all pages, and makes a flat row of each activity", async () => {
  const { rows, state, requests } = await testConnector(strava, {
    fetch: {
      [`${activities}?per_page=200&after=0`]: { body: [commute, ride] },
      [`${activities}?per_page=200&after=0&page=2`]: { body: [] },
    },
  })
  assert.deepEqual(
    rows.activities.map(({ name, average_watts }) => [name, average_watts]),
    [
      ["Bondcliff", null],
      ["Happy Friday", 175.3],
    ],
  )
  const { start_date, start_date_local, sport_type, gear_id } = rows.activities[1]!
  assert.deepEqual([start_date, start_date_local], ["2018-05-02T12:15:09Z", "2018-05-02T05:15:09"])
  assert.deepEqual([sport_type, gear_id], ["MountainBikeRide", "b12345678987654321"])
  assert.deepEqual(state, { newest: "2018-05-02T12:15:09.000Z" })
  assert.ok(requests.every(({ headers }) => headers["authorization"] === "Bearer test-access-token"))
})

test("asks for the last days again, and takes what was edited or uploaded late", async () => {
  const config = { lookbackDays: 2, since: "2018-01-01" }
  const { rows, state } = await testConnector(strava, {
    config,
    state: { newest: "2018-05-02T12:15:09.000Z" },
    fetch: {
      // Two days and a second before the newest.
      [`${activities}?per_page=200&after=${Date.UTC(2018, 3, 30, 12, 15, 8) / 1000}`]: {
        body: [commute, { ...ride, name: "Renamed" }],
      },
      [`${activities}?per_page=200&after=${Date.UTC(2018, 3, 30, 12, 15, 8) / 1000}&page=2`]: { body: [] },
    },
  })
  assert.deepEqual(
    rows.activities.map(({ name }) => name),
    ["Bondcliff", "Renamed"],
  )
  assert.deepEqual(state, { newest: "2018-05-02T12:15:09.000Z" })
})

test("an activity that a wrong clock has dated into the future doesn't move the cursor", async () => {
  const { rows, state } = await testConnector(strava, {
    now: "2018-05-03T00:00:00Z",
    fetch: {
      [`${activities}?per_page=200&after=0`]: { body: [ride, { ...commute, start_date: "2035-01-01T00:00:00Z" }] },
      [`${activities}?per_page=200&after=0&page=2`]: { body: [] },
    },
  })
  assert.equal(rows.activities.length, 2)
  assert.deepEqual(state, { newest: "2018-05-02T12:15:09.000Z" })
})

test("asks for nothing before the first day, and keeps its cursor when there is nothing", async () => {
  const { rows, state } = await testConnector(strava, {
    config: { since: "2018-05-01" },
    fetch: { [`${activities}?per_page=200&after=${Date.UTC(2018, 4, 1) / 1000 - 1}`]: { body: [] } },
  })
  assert.deepEqual([rows.activities, state], [[], {}])
})

for (const [limit, usage, until] of [
  ["100,1000", "100,315", "2018-05-02T12:30:00.000Z"],
  ["100,1000", "7,1000", "2018-05-03T00:00:00.000Z"],
] as const) {
  test(`waits for new requests when it has used ${usage} of ${limit}`, async () => {
    const now = "2018-05-02T12:17:00Z"
    const headers = {
      "X-RateLimit-Limit": "200,2000",
      "X-RateLimit-Usage": usage,
      "X-ReadRateLimit-Limit": limit,
      "X-ReadRateLimit-Usage": usage,
    }
    const body = { message: "Rate Limit Exceeded", errors: [] }
    const { error, requests } = await testConnector(strava, {
      now,
      fetch: { [activities]: { status: 429, headers, body } },
    })
    assert.equal(requests.length, 1)
    assert.equal(error?.retryable, true)
    assert.equal(Date.parse(now) + (error?.retryAfter ?? 0), Date.parse(until))
  })
}

test("a permission that was not given at the sign-in is named", async () => {
  const errors = [{ resource: "AccessToken", field: "activity:read_permission", code: "missing" }]
  const { error } = await testConnector(strava, {
    fetch: { [activities]: { status: 401, body: { message: "Authorization Error", errors } } },
  })
  assert.match(error?.message ?? "", /answered 401: .*activity:read_permission/)
  assert.equal(error?.retryable, false)
})
