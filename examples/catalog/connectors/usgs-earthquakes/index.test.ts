import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import usgs from "./index.ts"

// Answers as in https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php, asked for as in
// https://earthquake.usgs.gov/fdsnws/event/1/
const start = Date.parse("2026-01-01T00:00:00Z")
const hour = 3_600_000

const quake = (id: string, time: number, mag: number, more: object = {}) => ({
  type: "Feature",
  id,
  geometry: { type: "Point", coordinates: [142.1, 38.3, 29.5] },
  properties: {
    mag,
    magType: "mww",
    place: "off the coast of Honshu, Japan",
    time,
    updated: time + 60_000,
    tz: null,
    url: `https://earthquake.usgs.gov/earthquakes/eventpage/${id}`,
    felt: null,
    alert: null,
    status: "automatic",
    tsunami: 1,
    sig: 400,
    net: "us",
    ids: `,${id},`,
    type: "earthquake",
    ...more,
  },
})
type Quake = ReturnType<typeof quake>

/** The service as it answers; `meanwhile` happens before each request. */
const service = (all: Array<Quake>, clock: () => number, meanwhile?: (asked: number) => void) => {
  let asked = 0
  return ({ url }: Request) => {
    meanwhile?.(++asked)
    const query = new URL(url).searchParams
    const limit = Number(query.get("limit"))
    if (limit > 20_000) return { status: 400, body: "Error 400: Bad Request" }
    const features = all
      .filter(({ properties: of }) => of.time >= Date.parse(query.get("starttime")!))
      .filter(({ properties: of }) => of.mag >= Number(query.get("minmagnitude")))
      .filter(({ properties: of }) => of.updated > Date.parse(query.get("updatedafter") ?? "1970-01-01"))
      .filter(({ properties: of }) => of.status !== "deleted" || query.get("includedeleted") === "true")
      .toSorted((one, other) => one.properties.time - other.properties.time)
      .slice(0, limit)
    return { body: { type: "FeatureCollection", metadata: { generated: clock(), status: 200 }, features } }
  }
}

const config = { since: "2026-01-01", minMagnitude: 4.5 }
const clock = () => start + 48 * hour

test("events become rows", async () => {
  const fetch = service([quake("us1", start, 6.1), quake("us2", start + 1, 4.4)], clock)
  const { rows, state } = await testConnector(usgs, { config, fetch })
  assert.equal(rows.earthquakes.length, 1)
  const { id, time, magnitude, longitude, depth_km, listed, tsunami, ids } = rows.earthquakes[0]!
  assert.deepEqual([id, time, magnitude, longitude, depth_km], ["us1", "2026-01-01T00:00:00.000Z", 6.1, 142.1, 29.5])
  assert.deepEqual([listed, tsunami, ids], [true, true, ["us1"]])
  assert.deepEqual(state, { known: "2026-01-01T00:01:00.000Z" })
})

test("more events than one answer holds, while some come in before the others, and some move", async () => {
  const all = Array.from({ length: 25_000 }, (_, index) => quake(`us${index}`, start + index * 60_000, 5))
  const generated = start + 25_000 * 60_000
  // A slow reader: each page is made hours after the one before.
  let answers = 0
  const clock = () => generated + 3 * hour * answers++
  const meanwhile = (asked: number) => {
    if (asked !== 2) return
    // Behind what was read already: an offset would now give some twice, and the other way round none.
    const updated = generated + 1_000
    all.push(quake("late", start + 30_000, 5, { updated }))
    all[24_500] = quake("us24500", all[24_500]!.properties.time, 5, { updated: generated + 3 * hour })
    all[20_000] = quake("us20000", start + 45_000, 5, { updated })
  }
  const first = await testConnector(usgs, { config, fetch: service(all, clock, meanwhile) })
  assert.equal(first.rows.earthquakes.length, 24_999)
  assert.equal(first.requests.length, 3)
  const next = await testConnector(usgs, { config, state: first.state, fetch: service(all, () => generated + hour) })
  const ids = new Set([...first.rows.earthquakes, ...next.rows.earthquakes].map((row) => row["id"]))
  assert.equal(ids.size, 25_001)
})

test("the next sync takes what was revised, deleted, or fell below the minimum", async () => {
  const known = new Date(start + 10 * hour).toISOString()
  const updated = start + 10 * hour - 1_000
  const all = [
    quake("revised", start, 6.4, { updated, status: "reviewed" }),
    quake("deleted", start, 5, { updated, status: "deleted" }),
    quake("fell", start + hour, 4.3, { updated }),
    quake("untouched", start, 5, { updated: start + hour }),
    quake("new", start + 11 * hour, 5),
    quake("new and small", start + 11 * hour, 4.2),
    { ...quake("without place", start + 12 * hour, 5), geometry: null as never },
  ]
  const { rows, state } = await testConnector(usgs, { config, state: { known }, fetch: service(all, clock) })
  assert.deepEqual(
    rows.earthquakes.map(({ id, magnitude, status, listed }) => [id, magnitude, status, listed]),
    [
      ["revised", 6.4, "reviewed", true],
      ["deleted", 5, "deleted", false],
      ["fell", 4.3, "automatic", false],
      ["new", 5, "automatic", true],
      ["without place", 5, "automatic", true],
    ],
  )
  assert.deepEqual(state, { known: "2026-01-01T12:01:00.000Z" })
  const nothing = await testConnector(usgs, { config, state: { known }, fetch: service([], clock) })
  assert.deepEqual([nothing.rows.earthquakes, nothing.state, nothing.error], [[], { known }, undefined])
})

test("what the service asks for in patience, and what it refuses", async () => {
  const answers = service([], clock)
  let asked = 0
  const busy = await testConnector(usgs, {
    config,
    fetch: (request) => (++asked === 1 ? { status: 503, headers: { "retry-after": "5" } } : answers(request)),
  })
  assert.equal(busy.error, undefined)
  assert.deepEqual(busy.waits, [5_000])
  const wrong = { status: 400, body: "Error 400: Bad Request\n\nBad latitude value" }
  const { error } = await testConnector(usgs, { config: { ...config, area: { minlatitude: 100 } }, fetch: () => wrong })
  assert.match(error!.message, /minlatitude=\.\.\..* answered 400: .*Bad latitude value/)
})
