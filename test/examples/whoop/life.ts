import * as fc from "fast-check"
import type { Recovery, Sleep, Workout } from "../../../examples/health/connectors/whoop/records.ts"

export type Collection = "recovery" | "activity/sleep" | "activity/workout"
export type WhoopRecord = Recovery | Sleep | Workout

/** Something that a person with a strap did, and how Whoop comes to know of it. All times are hours. */
export interface Happening {
  readonly collection: Collection
  readonly number: number
  /** Since the life began. */
  readonly start: number
  readonly length: number
  /** From its end until Whoop shows it. */
  readonly late: number
  /** From then until it is scored; null: never, it stays as it is. */
  readonly pending: number | null
  readonly unscorable: boolean
  /** From its score until a revision of it; null: none. */
  readonly revisedAfter: number | null
}

export const hour = 3_600_000
export const isoAt = (began: number, hours: number): string => new Date(began + hours * hour).toISOString()
export const endOf = ({ start, length }: Happening): number => start + length

/** What Whoop shows of it at that time; null as long as it knows nothing. */
export const recordAt = (one: Happening, began: number, at: number): WhoopRecord | null => {
  const shown = endOf(one) + one.late
  if (shown > at) return null
  const scored = shown + (one.pending ?? Number.POSITIVE_INFINITY)
  const revised = scored + (one.revisedAfter ?? Number.POSITIVE_INFINITY)
  const version = scored > at ? 0 : revised > at ? 1 : 2
  const facts = {
    updated_at: isoAt(began, [shown, scored, revised][version]!),
    score_state: version === 0 ? "PENDING_SCORE" : one.unscorable ? "UNSCORABLE" : "SCORED",
  }
  const isScored = facts.score_state === "SCORED"
  const measured = one.number + version / 10
  if (one.collection === "recovery") {
    const score = { user_calibrating: false, recovery_score: measured, resting_heart_rate: 60, hrv_rmssd_milli: 31.8 }
    const known = { cycle_id: one.number, sleep_id: idOf(one), created_at: isoAt(began, shown), ...facts }
    return isScored ? { ...known, score } : known
  }
  const known = {
    id: idOf(one),
    start: isoAt(began, one.start),
    end: isoAt(began, endOf(one)),
    timezone_offset: "+01:00",
    ...facts,
  }
  if (one.collection === "activity/workout") {
    return { ...known, sport_name: "running", ...(isScored ? { score: { strain: measured, kilojoule: 1569.3 } } : {}) }
  }
  const stage_summary = { total_in_bed_time_milli: one.length * hour, disturbance_count: version }
  const score = { stage_summary, respiratory_rate: measured, sleep_performance_percentage: null }
  return { ...known, nap: one.length < 3, ...(isScored ? { score } : { score: null }) }
}

const idOf = ({ collection, number }: Happening): string =>
  `${collection === "activity/workout" ? "wwwwwwww" : "aaaaaaaa"}-0000-4000-8000-${String(number).padStart(12, "0")}`

export interface LifeOptions {
  readonly days: number
  /** Hours until something is shown, and then until it is scored and revised. */
  readonly latest: number
  readonly longestPending: number
  readonly latestRevision: number
}

/** A life: a night's sleep and its recovery each day, and now and then a nap and workouts. */
export const life = (options: LifeOptions): fc.Arbitrary<ReadonlyArray<Happening>> =>
  fc
    .array(dayOf(options), { minLength: options.days, maxLength: options.days })
    .map((days) =>
      days.flatMap((day, index) =>
        day.map((one, at) => ({ ...one, start: one.start + index * 24, number: index * 10 + at })),
      ),
    )

const dayOf = ({ latest, longestPending, latestRevision }: LifeOptions) => {
  const knowing = {
    number: fc.constant(0),
    late: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: latest }) },
    ),
    pending: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: longestPending }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    unscorable: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    revisedAfter: fc.option(fc.integer({ min: 1, max: latestRevision }), { freq: 3 }),
  }
  const doing = (collection: Collection, start: fc.Arbitrary<number>, length: fc.Arbitrary<number>) =>
    fc.record({ ...knowing, collection: fc.constant(collection), start, length })
  const night = doing("activity/sleep", fc.integer({ min: 0, max: 2 }), fc.integer({ min: 4, max: 9 }))
  const recovery = doing("recovery", fc.constant(10), fc.constant(0))
  const nap = doing("activity/sleep", fc.integer({ min: 13, max: 15 }), fc.constant(1))
  const workout = doing("activity/workout", fc.integer({ min: 11, max: 20 }), fc.integer({ min: 1, max: 3 }))
  return fc
    .tuple(night, recovery, fc.array(nap, { maxLength: 1 }), fc.array(workout, { maxLength: 2 }))
    .map(([sleep, recovered, naps, workouts]) => [sleep, recovered].concat(naps, workouts))
}
