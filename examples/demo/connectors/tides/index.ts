import { byCursor, defineConnector, paginate } from "@openislands/connector-kit"
import { z } from "zod"

export default defineConnector({
  description: "Water levels of a public service: no key, only ever more rows",
  config: z.object({ url: z.url() }),
  outputs: {
    readings: {
      description: "inserted: a measurement that was made stays as it is",
      schema: z.object({ station: z.string(), measured_at: z.string(), level_cm: z.number() }),
    },
  },
  async sync(ctx) {
    const since = typeof ctx.state.since === "string" ? ctx.state.since : null
    const readings = paginate<Body, Reading>({
      fetch: ctx.fetch,
      url: `${ctx.config.url}/readings${since === null ? "" : `?since=${encodeURIComponent(since)}`}`,
      rows: (body) => body.readings,
      next: byCursor("cursor", (body) => body.next_cursor),
    })
    const { inserted } = await ctx.insert("readings", noting(readings, ctx.state))
    ctx.log(since === null ? `${inserted} readings, the first ones` : `${inserted} readings since ${since}`)
  },
})

interface Reading {
  station: string
  measured_at: string
  level_cm: number
}

interface Body {
  readings: Array<Reading>
  next_cursor: string | null
}

/** The rows as they pass, oldest first; the cursor is kept with the rows, or not at all. */
async function* noting(readings: AsyncIterable<Reading>, state: { since?: unknown }) {
  for await (const reading of readings) {
    state.since = reading.measured_at
    yield reading
  }
}
