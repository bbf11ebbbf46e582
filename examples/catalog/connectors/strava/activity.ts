import { z } from "zod"

const measure = z.number().nullable().default(null)
const text = z.string().nullable().default(null)
const flag = z.boolean().nullable().default(null)

/** What Strava calls a SummaryActivity, as far as it is kept: in metres, seconds, metres a second, watts, kilojoules. */
export type Activity = z.input<typeof activity>
export const activity = z
  .object({
    id: z.number(),
    name: z.string(),
    sport_type: text,
    start_date: z.iso.datetime(),
    start_date_local: z.string(),
    timezone: text,
    distance: measure,
    moving_time: measure,
    elapsed_time: measure,
    total_elevation_gain: measure,
    average_speed: measure,
    max_speed: measure,
    average_heartrate: measure,
    max_heartrate: measure,
    average_cadence: measure,
    average_watts: measure,
    device_watts: flag,
    kilojoules: measure,
    kudos_count: measure,
    gear_id: text,
    trainer: flag,
    commute: flag,
    manual: flag,
    private: flag,
  })
  // The local time comes with a "Z" as if it were UTC: it is what a clock on the wall showed.
  .transform((row) => ({ ...row, start_date_local: row.start_date_local.replace(/Z$/, "") }))
