import { endOf, type Happening, hour, recordAt } from "./life.ts"

export interface Account {
  readonly happenings: ReadonlyArray<Happening>
  /** Epoch milliseconds of the life's beginning. */
  readonly began: number
  /** Hours; what began earlier isn't wanted. */
  readonly since: number
  /**
   * What `start` filters by: Whoop's words are "occurred after or during (inclusive) this time", so that what touches it
   * may count, or only what starts later.
   */
  readonly touching: boolean
}

/** A page of the API at a time in hours, or null where it would answer 400. */
export const pageOf = ({ happenings, began, touching }: Account, url: URL, at: number) => {
  const limit = Number(url.searchParams.get("limit") ?? 10)
  const start = url.searchParams.get("start")
  const from = start === null ? Number.NEGATIVE_INFINITY : (Date.parse(start) - began) / hour
  const offset = Number(url.searchParams.get("nextToken") ?? 0)
  if (!(limit >= 1 && limit <= 25) || Number.isNaN(from) || Number.isNaN(offset)) return null
  const collection = url.pathname.replace("/developer/v2/", "")
  const all = happenings
    .filter((one) => one.collection === collection && (touching ? endOf(one) : one.start) >= from)
    .toSorted((one, other) => other.start - one.start)
    .map((one) => recordAt(one, began, at))
    .filter((record) => record !== null)
  const next = offset + limit
  return { records: all.slice(offset, next), next_token: next < all.length ? String(next) : null }
}
