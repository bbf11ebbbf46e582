import { chance, oneOf } from "./chance.ts"
import { type Clock, day, iso, minute } from "./clock.ts"
import { revisedSince } from "./revised.ts"

export interface Walk {
  readonly id: string
  readonly started_at: string
  readonly title: string
  readonly km: number
  readonly minutes: number
  readonly steps: number | null
  readonly updated_at: string
}

const titles = ["Along the pier", "To the lighthouse", "Round the bay", "Up the hill", "To the baker's"] as const
const days = 60
/** How often a watch sends a walk while one looks, and when its steps have been counted. */
const every = 2 * minute
const counting = 3 * minute

/** The walks of one person. They may be corrected: that is a revision, as the counting of steps is. */
export class Walks {
  readonly #clock: Clock
  readonly #corrections = new Map<string, { readonly km: number; readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From old to new: two a day for some weeks, and since the demo began one each other minute. */
  get all(): ReadonlyArray<Walk> {
    const { start, now } = this.#clock
    const arrived = Array.from({ length: days * 2 }, (_, index) => start - (days * 2 - index) * (day / 2))
    for (let at = start; at <= now; at += every) arrived.push(at)
    return arrived.map((at) => this.#walkAt(at, now))
  }

  page(query: URLSearchParams) {
    const { rows, next_cursor } = revisedSince(this.all, query, 50)
    return { walks: rows, next_cursor }
  }

  /** By week, from its Monday. */
  weeks() {
    const byWeek = Map.groupBy(this.all, ({ started_at }) => mondayOf(Date.parse(started_at)))
    const weeks = [...byWeek].map(([week, walks]) => ({
      week,
      walks: walks.length,
      km: rounded(walks.reduce((sum, { km }) => sum + km, 0)),
      wanted_km: 40,
    }))
    return { weeks }
  }

  /** Makes the newest walk longer by a kilometre: somebody had forgotten to start the watch. */
  correctNewest(): Walk {
    const { id, km } = this.all.at(-1)!
    this.#corrections.set(id, { km: rounded(km + 1), at: this.#clock.now })
    return this.all.find((walk) => walk.id === id)!
  }

  #walkAt(arrivedAt: number, now: number): Walk {
    const id = `walk-${arrivedAt / minute}`
    const correction = this.#corrections.get(id)
    const km = correction?.km ?? rounded(1 + 7 * chance("km", id))
    const minutes = Math.round(km * (10 + 4 * chance("pace", id)))
    const isCounted = arrivedAt + counting <= now
    return {
      id,
      started_at: iso(arrivedAt - minutes * minute),
      title: oneOf(titles, "title", id),
      km,
      minutes,
      steps: isCounted ? Math.round(km * 1_300) : null,
      updated_at: iso(Math.max(correction?.at ?? 0, isCounted ? arrivedAt + counting : arrivedAt)),
    }
  }
}

const rounded = (km: number): number => Math.round(km * 10) / 10

const mondayOf = (time: number): string => {
  const weekday = (new Date(time).getUTCDay() + 6) % 7
  return iso(time - weekday * day).slice(0, 10)
}
