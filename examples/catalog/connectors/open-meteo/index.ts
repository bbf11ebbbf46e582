import { type ContextFetch, defineConnector, type FetchOptions, responseError } from "@openislands/connector-kit"
import { z } from "zod"

const day = 24 * 3_600_000
/** Days of the archive that are asked for at once: what counts as few requests by Open-Meteo's rules, and is one page. */
const atOnce = 366

const place = z.object({
  name: z.string(),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
})

export default defineConnector({
  description: "Weather of places: the forecast by the hour, and the days that were",
  config: z.object({
    places: z.array(place).min(1),
    since: z.iso.date().default("2024-01-01").describe("The first day of the history; the archive begins in 1940"),
    hourly: z
      .array(z.string())
      .min(1)
      .default(["temperature_2m", "relative_humidity_2m", "precipitation", "wind_speed_10m", "weather_code"]),
    daily: z
      .array(z.string())
      .min(1)
      .default(["temperature_2m_max", "temperature_2m_min", "precipitation_sum", "wind_speed_10m_max"]),
    forecastDays: z.int().min(1).max(16).default(7),
    revisionDays: z.int().min(0).default(14).describe("Days of the history that each sync asks for again"),
  }),
  schedule: "6h",
  outputs: {
    forecast: { description: "one row a place and hour, times in UTC, replaced each sync", key: ["place", "time"] },
    history: {
      description: "one row a place and day (UTC), upserted: the newest days are revised",
      key: ["place", "day"],
    },
  },
  async sync(ctx) {
    const { places, since, hourly, daily, revisionDays } = ctx.config
    const yesterday = dateOf(Date.now() - day)
    for (const { name, ...at } of places) {
      const known = ctx.state[name] as string | undefined
      let from = known === undefined ? since : latest(since, dateOf(Date.parse(known) - revisionDays * day))
      while (from <= yesterday) {
        const to = earliest(yesterday, dateOf(Date.parse(from) + (atOnce - 1) * day))
        const url = `https://archive-api.open-meteo.com/v1/archive?${query({ ...at, start_date: from, end_date: to, daily })}`
        const { daily: columns } = await answerOf(ctx.fetch, url)
        // The archive is some days behind: days of which it knows nothing yet are not there.
        const days = rowsOf(columns, daily, { place: name }, "day").filter((row) =>
          daily.some((one) => row[one] !== null),
        )
        await ctx.upsert("history", days)
        ctx.state[name] = days.at(-1)?.["day"] ?? ctx.state[name] ?? since
        from = dateOf(Date.parse(to) + day)
        // A long history is many requests; what is there stays when one of them fails.
        if (from <= yesterday) await ctx.checkpoint()
      }
    }
    await ctx.replace("forecast", forecastOf(ctx.fetch, places, hourly, ctx.config.forecastDays))
  },
})

async function* forecastOf(
  fetch: ContextFetch,
  places: ReadonlyArray<z.output<typeof place>>,
  hourly: ReadonlyArray<string>,
  days: number,
) {
  for (const { name, ...at } of places) {
    const url = `https://api.open-meteo.com/v1/forecast?${query({ ...at, hourly, forecast_days: days })}`
    const { hourly: columns } = await answerOf(fetch, url)
    for (const row of rowsOf(columns, hourly, { place: name }, "time")) yield { ...row, time: `${row["time"]}:00Z` }
  }
}

/** A list for each variable, all in the order of `time`. */
type Columns = { time: Array<string> } & Record<string, Array<string | number | null>>

const answerOf = async (fetch: ContextFetch, url: string): Promise<{ hourly: Columns; daily: Columns }> => {
  const response = await fetch(url, { busy })
  if (!response.ok) throw await responseError(response)
  return (await response.json()) as { hourly: Columns; daily: Columns }
}

/** One row for each time, which goes into the column `at`. */
const rowsOf = (columns: Columns, variables: ReadonlyArray<string>, first: object, at: string) =>
  columns.time.map((time, index): Record<string, unknown> => {
    const values = variables.map((variable) => [variable, columns[variable]?.[index] ?? null])
    return Object.assign({}, first, { [at]: time }, Object.fromEntries(values))
  })

const query = (parameters: Readonly<Record<string, string | number | ReadonlyArray<string>>>): URLSearchParams =>
  new URLSearchParams({
    ...Object.fromEntries(Object.entries(parameters).map(([name, of]) => [name, String(of)])),
    timezone: "UTC",
  })

/** Its limits are by the minute, the hour and the day, and it doesn't say Retry-After. */
const busy: FetchOptions["busy"] = ({ status }) => (status === 429 ? 61 : null)

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const latest = (one: string, other: string): string => (one > other ? one : other)
const earliest = (one: string, other: string): string => (one < other ? one : other)
