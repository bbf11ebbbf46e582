import { byCursor, defineConnector, paginate, responseError } from "@openislands/connector-kit"
import { z } from "zod"

const provider = "http://127.0.0.1:4320"

const walk = z.object({
  id: z.string(),
  started_at: z.string(),
  title: z.string(),
  km: z.number(),
  minutes: z.number(),
  /** Counted some minutes after the walk has arrived. */
  steps: z.number().nullable(),
  updated_at: z.string(),
})

export default defineConnector({
  description: "Your walks: you have to sign in once",
  auth: {
    type: "oauth2",
    data: {
      authorizeUrl: `${provider}/auth`,
      tokenUrl: `${provider}/token`,
      revocationUrl: `${provider}/token/revocation`,
      scopes: ["walks"],
      authorizeParams: { prompt: "consent" },
      clientIdEnv: "WALKS_CLIENT_ID",
      clientSecretEnv: "WALKS_CLIENT_SECRET",
    },
  },
  outputs: {
    walks: { description: "upserted: steps come late, and you may correct a walk", key: "id", schema: walk },
    weeks: { description: "replaced each sync: the provider reckons them anew" },
  },
  async sync(ctx) {
    const since = typeof ctx.state.since === "string" ? ctx.state.since : ""
    let newest = since
    const walks = paginate<Walks, z.input<typeof walk>>({
      fetch: ctx.fetch,
      url: `${provider}/walks?updated_since=${encodeURIComponent(since)}`,
      rows: ({ walks }) => {
        newest = walks.at(-1)?.updated_at ?? newest
        return walks
      },
      next: byCursor("cursor", (body) => body.next_cursor),
    })
    await ctx.upsert("walks", walks)
    ctx.state.since = newest

    const weeks = await ctx.fetch(`${provider}/walks/weeks`)
    if (!weeks.ok) throw await responseError(weeks)
    await ctx.replace("weeks", ((await weeks.json()) as Weeks).weeks)
    ctx.log(`walks up to ${newest}`)
  },
})

interface Walks {
  walks: Array<z.input<typeof walk>>
  next_cursor: string | null
}

interface Weeks {
  weeks: Array<{ week: string; walks: number; km: number; wanted_km: number }>
}
