import { Effect, Stream } from "effect"
import { text } from "effect/http/HttpServerResponse"
import type { RowsPart } from "../../services/DatasetStore.ts"
import type { Row } from "../../services/domain/Row.ts"
import { type Asked, defaultLimit, positionOf } from "./paging.ts"

/** Characters of one page: fewer rows than were asked for come when they are big, but at least one. */
const most = 4_000_000

/**
 * Some rows of a dataset, read as a stream: memory holds one page, and what follows it is never read. A cursor is a
 * number of rows; what is inserted meanwhile comes after those, what is replaced meanwhile shows other rows from there on.
 */
export const rowsPage = Effect.fnUntraced(function* <E, R>(
  dataset: string,
  read: (part: RowsPart) => Stream.Stream<ReadonlyArray<Row>, E, R>,
  { limit = defaultLimit, cursor }: Asked,
) {
  const start = yield* positionOf(cursor)
  const rows: Array<string> = []
  let size = 0
  let isMore = false
  const take = (batch: ReadonlyArray<Row>): boolean => {
    for (const row of batch) {
      isMore = rows.length === limit || size > most
      if (isMore) return false
      const written = JSON.stringify(row, exactIntegers)
      size += written.length
      rows.push(written)
    }
    return true
  }
  // One more tells whether there are more.
  const batches = read({ from: start, most: limit + 1 })
  yield* batches.pipe(Stream.runForEachWhile((batch) => Effect.sync(() => take(batch))))
  const nextCursor = isMore ? String(start + rows.length) : null
  const body = `{"dataset":${JSON.stringify(dataset)},"rows":[${rows.join(",")}],"nextCursor":${JSON.stringify(nextCursor)}}`
  return text(body, { contentType: "application/json" })
})

/** Newer than the types of the language. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

/** A bigint is an integer that a number would not hold. */
const exactIntegers = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? rawJSON(String(value)) : value
