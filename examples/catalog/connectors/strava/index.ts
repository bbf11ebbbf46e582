import { byPage, defineConnector, pages, RetryableError } from "@openislands/connector-kit"
import { z } from "zod"
import { type Activity, activity } from "./activity.ts"

const strava = "https://www.strava.com"
const day = 24 * 3_600_000

export default defineConnector({
  description: "Strava activities: runs, rides and all else that was recorded",
  config: z.object({
    lookbackDays: z.number().int().positive().default(30).describe("how far back each sync asks again"),
    since: z.iso.date().optional().describe("the first day; all that Strava has by default"),
  }),
  schedule: "6h",
  auth: {
    type: "oauth2",
    data: {
      authorizeUrl: `${strava}/oauth/authorize`,
      tokenUrl: `${strava}/oauth/token`,
      // Without "_all" those that only you may see are left out.
      scopes: ["activity:read_all"],
      scopeSeparator: ",",
      clientIdEnv: "STRAVA_CLIENT_ID",
      clientSecretEnv: "STRAVA_CLIENT_SECRET",
      tokenEndpointAuthMethod: "client_secret_post",
    },
  },
  outputs: {
    activities: { description: "one row an activity, upserted", key: "id", schema: activity },
  },
  async sync(ctx) {
    const { lookbackDays, since } = ctx.config
    const first = since === undefined ? 0 : Date.parse(since)
    const before = ctx.state.newest === undefined ? first : Date.parse(ctx.state.newest as string)
    // Uploads come late and activities are edited, so the last days are asked for again each time.
    const after = Math.max(first, before - lookbackDays * day) / 1000

    const fetch = async (url: string) => {
      // Asked again at once Strava would only refuse again: the whole sync waits, for as long as it has to.
      const response = await ctx.fetch(url, { retries: 0 })
      if (response.status !== 429) return response
      throw new RetryableError("Strava's limit of requests is used up", { retryAfter: renewed(response.headers) })
    }
    const url = `${strava}/api/v3/athlete/activities?per_page=200&after=${Math.max(0, Math.floor(after) - 1)}`
    let newest = before
    for await (const { rows } of pages({ fetch, url, rows: (body: Array<Activity>) => body, next: byPage() })) {
      await ctx.upsert("activities", rows)
      // What a device's wrong clock has dated into the future doesn't count: all until then would be missed.
      const times = rows.map(({ start_date }) => Date.parse(start_date)).filter((at) => at <= Date.now())
      newest = Math.max(newest, ...times)
      ctx.log(`${rows.length} activities`)
    }
    if (newest > before) ctx.state.newest = new Date(newest).toISOString()
  },
})

/**
 * When there are requests again. A 429 doesn't say: the limits of 15 minutes begin anew each quarter of an hour, those of
 * a day at midnight UTC. `X-RateLimit-Limit: 200,2000` and `X-RateLimit-Usage: 57,2001` tell which one is used up; the
 * `X-ReadRateLimit` headers do so for the smaller ones of requests that only read.
 */
const renewed = (headers: { get(name: string): string | null }): Date => {
  const daily = (name: string): number => Number(headers.get(name)?.split(",")[1] ?? Number.NaN)
  const isDaysUp = ["x-ratelimit", "x-readratelimit"].some((name) => daily(`${name}-usage`) >= daily(`${name}-limit`))
  const span = isDaysUp ? day : day / 96
  return new Date((Math.floor(Date.now() / span) + 1) * span)
}
