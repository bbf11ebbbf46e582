import { defineConnector, type Next, pages } from "@openislands/connector-kit"
import { z } from "zod"
import { type Feature, isKept, rowOf } from "./rows.ts"

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
    const changes: Record<string, string> =
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
    let newest = Date.parse(known ?? since)
    // When USGS made the first page, by its own clock: what is revised while the pages are read comes next time.
    let begun = 0
    for await (const { rows, body, index } of pages(options)) {
      if (index === 0) begun = body.metadata.generated
      const kept = rows.filter((feature) => isKept(feature, minMagnitude, known))
      await ctx.upsert(
        "earthquakes",
        kept.map((feature) => rowOf(feature, minMagnitude)),
      )
      for (const { properties } of kept) newest = Math.max(newest, Math.min(properties.updated, begun))
      if (kept.length > 0) ctx.state.known = new Date(newest).toISOString()
    }
  },
})

interface Answer {
  metadata: { generated: number }
  features: Array<Feature>
}

/** By time, which is the order: by number, one that is inserted or moved meanwhile would move the others over. */
const onwards: Next<Answer> = ({ url, body }) => {
  const last = body.features.at(-1)
  if (last === undefined || body.features.length < most) return null
  const next = new URL(url)
  next.searchParams.set("starttime", new Date(last.properties.time).toISOString())
  return next
}
