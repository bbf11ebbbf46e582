import { Effect } from "effect"
import { jsonUnsafe } from "effect/http/HttpServerResponse"
import { QueryService } from "../../services/QueryService.ts"
import { type Asked, defaultLimit, positionOf } from "./paging.ts"

/**
 * Some rows of a sql dataset, in the order that its query gives them. The query is asked anew for each page: where its
 * datasets have changed in between, or it says no order, a row may come twice, or not at all.
 */
export const sqlRows = Effect.fnUntraced(function* (dataset: string, { limit = defaultLimit, cursor }: Asked) {
  const start = yield* positionOf(cursor)
  const { rows, truncated } = yield* QueryService.use((queries) =>
    queries.query(`SELECT * FROM "${dataset}" OFFSET ${start}`, { at: null, limit }),
  )
  return jsonUnsafe({ dataset, rows, nextCursor: truncated ? String(start + rows.length) : null })
})

/** How many rows its query gives now. */
export const sqlCount = Effect.fnUntraced(function* (dataset: string) {
  const { rows } = yield* QueryService.use((queries) =>
    queries.query(`SELECT count(*) AS rows FROM "${dataset}"`, { at: null, limit: 1 }),
  )
  return Number(rows[0]?.["rows"])
})
