import { Effect, Schema } from "effect"

/** Of a list, in one answer. */
export const mostAtOnce = 1_000

const isLimit = Schema.makeFilter<number>((limit) => Number.isInteger(limit) && limit >= 1 && limit <= mostAtOnce, {
  expected: "an integer from 1 to 1000",
})

export const Limit = Schema.NumberFromString.check(isLimit)

/** What a list takes: `limit` 1 to 1,000, and `cursor` as an earlier answer's `nextCursor` gave it. */
export const Paging = {
  limit: Schema.optionalKey(Limit),
  cursor: Schema.optionalKey(Schema.String),
}

export interface Asked {
  readonly limit?: number
  readonly cursor?: string
}

export const defaultLimit = 100

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export class BadCursor extends Schema.TaggedError<BadCursor>()("BadCursor", { cursor: Schema.String }) {
  override get message() {
    return `there is nothing to go on from at "${this.cursor}"`
  }
  get suggestion() {
    return "Ask without a cursor, for the first page."
  }
}

/** The part that was asked for. A cursor is the id of the last item before it, so that what is new on top moves nothing. */
export const pageOf = <A>(
  all: ReadonlyArray<A>,
  { limit = defaultLimit, cursor }: Asked,
  idOf: (item: A) => string,
): Effect.Effect<Page<A>, BadCursor> =>
  Effect.suspend(() => {
    const last = cursor === undefined ? -1 : all.findIndex((item) => idOf(item) === cursor)
    if (cursor !== undefined && last === -1) return Effect.fail(new BadCursor({ cursor }))
    const items = all.slice(last + 1, last + 1 + limit)
    const isLast = last + 1 + items.length >= all.length
    return Effect.succeed({ items, nextCursor: isLast ? null : idOf(items.at(-1)!) })
  })

/** The position that a cursor of a list without ids says. */
export const positionOf = (cursor: string | undefined): Effect.Effect<number, BadCursor> =>
  cursor === undefined
    ? Effect.succeed(0)
    : /^\d{1,15}$/.test(cursor)
      ? Effect.succeed(Number(cursor))
      : Effect.fail(new BadCursor({ cursor }))
