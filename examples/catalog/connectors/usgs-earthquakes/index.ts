import { defineConnector, type Next, pages } from "@openislands/connector-kit"
import { z } from "zod"

/** Events a page; USGS answers 20,000 at most, and an error beyond. */
const most = 10_000
/** Milliseconds that a sync looks back: what reaches the index late, or was answered from a cache. */
const overlap = 3_600_000
/** How far below the minimum changes are followed: who once was above it may be revised to that. */
const margin = 1

export default defineConnector({
  description: "Earthquakes as the U.S. Geological Survey knows them",
  config: z.object({
    since: z.iso.date().describe("Earthquakes before it are left out"),
    minMagnitude: z.number().default(4.5),
    area: z
      .record(z.string(), z.number())
      .default({})
      .describe(
        "Such as { minlatitude, maxlatitude, minlongitude, maxlongitude } or { latitude, longitude, maxradiuskm }",
      ),
    url: z.url().default("https://earthquake.usgs.gov/fdsnws/event/1/query"),
  }),
  schedule: "15m",
  outputs: {
    earthquakes: { description: "one row an event, upserted when it was revised or deleted", key: "id" },
  },
  async sync(ctx) {
    const { since, minMagnitude, area, url } = ctx.config
    const known = ctx.state.known as string | undefined
    const changes =
      known === undefined
        ? { minmagnitude: String(minMagnitude) }
        : {
            minmagnitude: String(minMagnitude - margin),
            updatedafter: new Date(Date.parse(known) - overlap).toISOString(),
            includedeleted: "true",
          }
    const query = new URLSearchParams({
      format: "geojson",
      orderby: "time-asc",
      limit: String(most),
      starttime: since,
      ...Object.fromEntries(Object.entries(area).map(([name, value]) => [name, String(value)])),
      ...changes,
    })
    const options = { fetch: ctx.fetch, url: `${url}?${query}`, rows: (body: Answer) => body.features, next: onwards }
    for await (const { rows, body, index } of pages(options)) {
      await ctx.upsert(
        "earthquakes",
        rows.flatMap((feature) => rowOf(feature, minMagnitude, known)),
      )
      // When USGS made the first page, by its own clock: what is revised while the pages are read comes next time.
      if (index === 0) ctx.state.known = new Date(body.metadata.generated).toISOString()
    }
  },
})

/** What USGS answers, as far as it is used. Times are epoch milliseconds. */
interface Answer {
  metadata: { generated: number }
  features: Array<Feature>
}
interface Feature {
  id: string
  geometry: { coordinates: [longitude: number, latitude: number, depth: number | null] } | null
  properties: {
    time: number
    updated: number
    mag: number | null
    magType: string | null
    place: string | null
    status: string
    type: string
    tsunami: number
    felt: number | null
    alert: string | null
    sig: number | null
    net: string
    ids: string | null
    url: string
  }
}

/** By time, which is the order: by number, one that is inserted or moved meanwhile would move the others over. */
const onwards: Next<Answer> = ({ url, body }) => {
  const last = body.features.at(-1)
  if (last === undefined || body.features.length < most) return null
  const next = new URL(url)
  next.searchParams.set("starttime", new Date(last.properties.time).toISOString())
  return next
}

const rowOf = ({ id, geometry, properties: of }: Feature, minMagnitude: number, known: string | undefined) => {
  const deleted = of.status === "deleted"
  const below = (of.mag ?? Number.NEGATIVE_INFINITY) < minMagnitude
  // Too small, and it wasn't there yet when it could have been taken for greater.
  if (below && !deleted && (known === undefined || of.time > Date.parse(known))) return []
  const [longitude = null, latitude = null, depth = null] = geometry?.coordinates ?? []
  return {
    id,
    time: new Date(of.time),
    updated: new Date(of.updated),
    magnitude: of.mag,
    magnitude_type: of.magType,
    place: of.place,
    longitude,
    latitude,
    depth_km: depth,
    status: of.status,
    /** Not deleted, and not below the minimum. */
    listed: !deleted && !below,
    type: of.type,
    tsunami: of.tsunami === 1,
    felt: of.felt,
    alert: of.alert,
    significance: of.sig,
    network: of.net,
    /** All that the networks call it: one that gets another main id is here under both. */
    ids: (of.ids ?? "").split(",").filter((one) => one !== ""),
    url: of.url,
  }
}
