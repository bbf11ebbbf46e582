import {
  type Recovery,
  recovery,
  type Sleep,
  sleep,
  type Workout,
  workout,
} from "../../../examples/health/connectors/whoop/records.ts"
import type { Account } from "./answers.ts"
import { type Collection, endOf, hour, recordAt, type WhoopRecord } from "./life.ts"

/** The datasets by the connector's outputs, each row by its key. */
export type Held = Readonly<Record<"recovery" | "sleep" | "workouts", ReadonlyMap<unknown, object>>>

export const nothing: Held = { recovery: new Map(), sleep: new Map(), workouts: new Map() }

const shownAt = (
  { happenings, began, since }: Account,
  collection: Collection,
  at: number,
): ReadonlyArray<WhoopRecord> =>
  happenings
    .filter((one) => one.collection === collection && one.start >= since)
    .map((one) => recordAt(one, began, at))
    .filter((record) => record !== null)

const rowOf = (record: WhoopRecord): readonly [unknown, object] => {
  if ("created_at" in record) return [record.cycle_id, recovery.parse(record as Recovery)]
  return [record.id, "nap" in record ? sleep.parse(record as Sleep) : workout.parse(record as Workout)]
}

const rowsOf = (records: ReadonlyArray<WhoopRecord>) => new Map(records.map(rowOf))

/** What the keyed variant has to hold: what Whoop shows. */
export const shown = (account: Account, at: number): Held => ({
  recovery: rowsOf(shownAt(account, "recovery", at)),
  sleep: rowsOf(shownAt(account, "activity/sleep", at)),
  workouts: rowsOf(shownAt(account, "activity/workout", at)),
})

/**
 * What the inserting one has to hold after a sync at a time, given what it held before: of recovery the last days, as they
 * are now; of the rest everything that Whoop has scored, or that is too old to be waited for, as it was when first seen so.
 */
export const inserted = (account: Account, before: Held, at: number, now: number, lookbackDays: number): Held => {
  const { happenings, began } = account
  const days = lookbackDays * 24 * hour
  const recent = happenings.filter((one) => began + endOf(one) * hour >= now - days)
  const more = (held: ReadonlyMap<unknown, object>, collection: Collection) => {
    const records = shownAt(account, collection, at) as ReadonlyArray<Sleep | Workout>
    const old = Math.max(...records.map(({ start }) => Date.parse(start))) - days
    const settled = records.filter(
      ({ score_state, start }) => score_state !== "PENDING_SCORE" || Date.parse(start) < old,
    )
    return new Map([...rowsOf(settled), ...held])
  }
  return {
    recovery: rowsOf(shownAt({ ...account, happenings: recent, since: 0 }, "recovery", at)),
    sleep: more(before.sleep, "activity/sleep"),
    workouts: more(before.workouts, "activity/workout"),
  }
}
