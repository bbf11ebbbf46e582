import { byCursor, defineConnector, pages } from "@openislands/connector-kit"
import { z } from "zod"

const departure = z.object({
  id: z.string(),
  harbour: z.string(),
  to: z.string(),
  vessel: z.string(),
  planned: z.string(),
  expected: z.string(),
  status: z.enum(["scheduled", "delayed", "departed"]),
  /** Counted when it has left. */
  passengers: z.number().nullable(),
  updated_at: z.string(),
})

export default defineConnector({
  description: "Ferry departures, often revised: behind a token, and a limit of requests",
  config: z.object({ url: z.url() }),
  auth: { type: "bearer", data: { tokenEnv: "FERRY_TOKEN" } },
  outputs: {
    departures: { description: "upserted: the newest of each id", key: "id", schema: departure },
  },
  async sync(ctx) {
    const since = typeof ctx.state.since === "string" ? ctx.state.since : ""
    const revised = pages<Body, z.input<typeof departure>>({
      fetch: ctx.fetch,
      url: `${ctx.config.url}/departures?updated_since=${encodeURIComponent(since)}`,
      rows: (body) => body.departures,
      next: byCursor("cursor", (body) => body.next_cursor),
    })
    for await (const { rows, index } of revised) {
      await ctx.upsert("departures", rows)
      ctx.log(`page ${index + 1}: ${rows.length} departures, new or revised`)
      ctx.state.since = rows.at(-1)?.updated_at ?? since
    }
  },
})

interface Body {
  departures: Array<z.input<typeof departure>>
  next_cursor: string | null
}
