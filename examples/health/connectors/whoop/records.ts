import { z } from "zod"

// What Whoop answers, and the rows that it becomes. A record has no `score` until it is scored ("PENDING_SCORE"), and never
// gets one when there was too little to go by ("UNSCORABLE"); of a score, older straps don't measure everything.
const measure = z.number().nullish()
const time = z.iso.datetime()

export type Recovery = z.input<typeof recovery>
export const recovery = z
  .object({
    cycle_id: z.number(),
    sleep_id: z.string(),
    created_at: time,
    updated_at: time,
    score_state: z.string(),
    score: z
      .object({
        user_calibrating: z.boolean().nullish(),
        recovery_score: measure,
        resting_heart_rate: measure,
        hrv_rmssd_milli: measure,
        spo2_percentage: measure,
        skin_temp_celsius: measure,
      })
      .nullish(),
  })
  .transform(({ cycle_id, sleep_id, created_at, updated_at, score_state, score }) => ({
    cycle_id,
    sleep_id,
    created_at,
    updated_at,
    score_state,
    user_calibrating: score?.user_calibrating ?? null,
    recovery_percent: score?.recovery_score ?? null,
    resting_heart_rate: score?.resting_heart_rate ?? null,
    hrv_ms: score?.hrv_rmssd_milli ?? null,
    spo2_percent: score?.spo2_percentage ?? null,
    skin_temp_celsius: score?.skin_temp_celsius ?? null,
  }))

/** What sleeps and workouts have in common. */
const activity = z.object({
  id: z.string(),
  start: time,
  end: time,
  timezone_offset: z.string(),
  updated_at: time,
  score_state: z.string(),
})
export type Activity = z.input<typeof activity>

const factsOf = ({ id, start, end, timezone_offset, updated_at, score_state }: Activity) => ({
  id,
  start,
  end,
  timezone_offset,
  updated_at,
  score_state,
})

export type Sleep = z.input<typeof sleep>
export const sleep = activity
  .extend({
    nap: z.boolean(),
    score: z
      .object({
        stage_summary: z
          .object({
            total_in_bed_time_milli: measure,
            total_awake_time_milli: measure,
            total_light_sleep_time_milli: measure,
            total_slow_wave_sleep_time_milli: measure,
            total_rem_sleep_time_milli: measure,
            disturbance_count: measure,
          })
          .nullish(),
        respiratory_rate: measure,
        sleep_performance_percentage: measure,
        sleep_consistency_percentage: measure,
        sleep_efficiency_percentage: measure,
      })
      .nullish(),
  })
  .transform(({ nap, score, ...facts }) => ({
    ...factsOf(facts),
    nap,
    in_bed_minutes: minutes(score?.stage_summary?.total_in_bed_time_milli),
    awake_minutes: minutes(score?.stage_summary?.total_awake_time_milli),
    light_minutes: minutes(score?.stage_summary?.total_light_sleep_time_milli),
    deep_minutes: minutes(score?.stage_summary?.total_slow_wave_sleep_time_milli),
    rem_minutes: minutes(score?.stage_summary?.total_rem_sleep_time_milli),
    disturbances: score?.stage_summary?.disturbance_count ?? null,
    respiratory_rate: score?.respiratory_rate ?? null,
    performance_percent: score?.sleep_performance_percentage ?? null,
    consistency_percent: score?.sleep_consistency_percentage ?? null,
    efficiency_percent: score?.sleep_efficiency_percentage ?? null,
  }))

export type Workout = z.input<typeof workout>
export const workout = activity
  .extend({
    sport_name: z.string().nullish(),
    score: z
      .object({
        strain: measure,
        average_heart_rate: measure,
        max_heart_rate: measure,
        kilojoule: measure,
        distance_meter: measure,
        altitude_gain_meter: measure,
      })
      .nullish(),
  })
  .transform(({ sport_name, score, ...facts }) => ({
    ...factsOf(facts),
    sport: sport_name ?? null,
    strain: score?.strain ?? null,
    average_heart_rate: score?.average_heart_rate ?? null,
    max_heart_rate: score?.max_heart_rate ?? null,
    kilojoules: score?.kilojoule ?? null,
    distance_meters: score?.distance_meter ?? null,
    altitude_gain_meters: score?.altitude_gain_meter ?? null,
  }))

const minutes = (milliseconds: number | null | undefined): number | null =>
  milliseconds === null || milliseconds === undefined ? null : Math.round(milliseconds / 60_000)
