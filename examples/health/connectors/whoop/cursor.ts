import { day, newestOf } from "./api.ts"
import type { Sleep, Workout } from "./records.ts"

/** Longer than any activity lasts: one that began before the time that is asked for may have ended after it. */
const margin = 2 * day

/** What an output holds: everything before `from`, and of what began later the records with these ids, by their starts. */
export interface Cursor {
  /** ISO 8601; null: nothing. */
  readonly from: string | null
  readonly taken: Readonly<Record<string, string>>
}

export const fromOf = ({ from }: Cursor): number => (from === null ? Number.NEGATIVE_INFINITY : Date.parse(from))

/**
 * Which of the records from `cursor.from` on are to be inserted, and the cursor after that. It stays `lookbackDays` behind
 * the newest record, so that what comes late is found; what was taken before is told by its id. What has no score yet waits
 * for it until the cursor passes by, and is taken as it is then: nothing waits forever.
 */
export const untaken = <R extends Sleep | Workout>(
  records: ReadonlyArray<R>,
  cursor: Cursor,
  lookbackDays: number,
): { readonly fresh: ReadonlyArray<R>; readonly next: Cursor } => {
  const before = fromOf(cursor)
  const from = Math.max(before, newestOf(records, before) - lookbackDays * day)
  const fresh = records.filter(
    ({ id, start, score_state }) =>
      !Object.hasOwn(cursor.taken, id) && (score_state !== "PENDING_SCORE" || Date.parse(start) < from),
  )
  const taken = [...Object.entries(cursor.taken), ...fresh.map(({ id, start }): [string, string] => [id, start])]
  const next = {
    from: Number.isFinite(from) ? new Date(from).toISOString() : null,
    taken: Object.fromEntries(taken.filter(([, start]) => Date.parse(start) >= from - margin)),
  }
  return { fresh, next }
}
