import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import openMeteo from "./index.ts"

// Answers as in https://open-meteo.com/en/docs and https://open-meteo.com/en/docs/historical-weather-api
const day = 86_400_000
const dateOf = (time: number) => new Date(time).toISOString().slice(0, 10)
const places = [{ name: "Berlin", latitude: 52.52, longitude: 13.41 }]
const config = { places, since: "2024-01-01", hourly: ["temperature_2m"], daily: ["temperature_2m_max"] }

/** The archive knows days until `known`; what it says of them can be revised. */
const weather =
  (known: string, warmer = 0) =>
  ({ url }: Request) => {
    const { hostname, searchParams } = new URL(url)
    const first = Date.parse(searchParams.get("start_date") ?? "2026-02-01")
    const last = Date.parse(searchParams.get("end_date") ?? "2026-02-01")
    const time = Array.from({ length: (last - first) / day + 1 }, (_, index) => dateOf(first + index * day))
    const head = { latitude: 52.52, longitude: 13.419998, timezone: "GMT" }
    if (hostname === "api.open-meteo.com") {
      return {
        body: { ...head, hourly: { time: ["2026-02-01T00:00", "2026-02-01T01:00"], temperature_2m: [1.5, null] } },
      }
    }
    return {
      body: { ...head, daily: { time, temperature_2m_max: time.map((one) => (one > known ? null : 3 + warmer)) } },
    }
  }

test("a long history comes in parts, each of which stays; days that the archive doesn't know yet are left out", async () => {
  const now = "2026-02-01T12:00:00Z"
  const { rows, state, requests, checkpoints } = await testConnector(openMeteo, {
    config,
    now,
    fetch: weather("2026-01-27"),
  })
  const days = rows.history.map((row) => row["day"])
  assert.equal(days.length, 366 + 365 + 27)
  assert.equal(new Set(days).size, days.length)
  assert.deepEqual([days[0], days.at(-1)], ["2024-01-01", "2026-01-27"])
  assert.deepEqual(rows.history[0], { place: "Berlin", day: "2024-01-01", temperature_2m_max: 3 })
  assert.deepEqual(state, { Berlin: "2026-01-27" })
  assert.equal(requests.length, 3 + 1)
  assert.equal(checkpoints.length, 2)
  assert.deepEqual(rows.forecast, [
    { place: "Berlin", time: "2026-02-01T00:00:00Z", temperature_2m: 1.5 },
    { place: "Berlin", time: "2026-02-01T01:00:00Z", temperature_2m: null },
  ])
})

test("the next sync asks for the newest days again, as they are revised", async () => {
  const now = "2026-02-03T00:30:00Z"
  const state = { Berlin: "2026-01-27" }
  const next = await testConnector(openMeteo, { config, now, state, fetch: weather("2026-01-29", 1) })
  assert.deepEqual(
    next.rows.history.map((row) => [row["day"], row["temperature_2m_max"]]).filter((_, index) => index % 16 === 0),
    [
      ["2026-01-13", 4],
      ["2026-01-29", 4],
    ],
  )
  assert.deepEqual(next.state, { Berlin: "2026-01-29" })
  const behind = await testConnector(openMeteo, { config, now, state, fetch: weather("2025-12-31") })
  assert.deepEqual([behind.rows.history, behind.state], [[], state])
})

test("each place has its own cursor, and a new one its whole history", async () => {
  const both = [...places, { name: "Oslo", latitude: 59.91, longitude: 10.75 }]
  const { rows, requests } = await testConnector(openMeteo, {
    config: { ...config, places: both, since: "2026-01-01" },
    now: "2026-02-01T12:00:00Z",
    state: { Berlin: "2026-01-31" },
    fetch: weather("2026-01-31"),
  })
  assert.equal(Map.groupBy(rows.history, (row) => row["place"]).get("Oslo")?.length, 31)
  assert.equal(new URL(requests[0]!.url).searchParams.get("start_date"), "2026-01-17")
  assert.equal(rows.forecast.length, 4)
})

test("its limit by the minute is waited for; an error says what it says", async () => {
  const now = "2026-02-01T12:00:00Z"
  const limited = { status: 429, body: { error: true, reason: "Minutely API request limit exceeded." } }
  const answers = weather("2026-01-31")
  let asked = 0
  const busy = await testConnector(openMeteo, {
    config,
    now,
    fetch: (request) => (++asked === 1 ? limited : answers(request)),
  })
  assert.equal(busy.error, undefined)
  assert.deepEqual(busy.waits, [61_000])
  const wrong = { status: 400, body: { error: true, reason: "Cannot initialize Daily from invalid String value rain" } }
  const { error } = await testConnector(openMeteo, { config, now, fetch: () => wrong })
  assert.match(error!.message, /answered 400: .*Cannot initialize Daily/)
  assert.equal(error!.retryable, false)
})
