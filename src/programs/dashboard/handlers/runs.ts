import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { Events } from "../../../services/Events.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { SyncService } from "../../../services/SyncService.ts"
import { holderOf, runsOf } from "../../answers/runs.ts"
import { Api } from "../api.ts"
import { answering, withoutSecrets } from "../failure.ts"
import { BadRequest } from "../problems.ts"
import { type Asked, defaultLimit, pageOf, positionOf } from "../paging.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "runs",
  Effect.fnUntraced(function* (handlers) {
    const log = yield* RunLog
    const { underWay } = yield* Events
    const syncs = yield* SyncService

    const get = Effect.fnUntraced(function* (runId: string) {
      const own = underWay.values().find((run) => run.runId === runId)
      if (own !== undefined) return own
      const holder = yield* holderOf(runId)
      if (holder === null) return yield* log.get(runId)
      const { connector, startedAt, rows } = holder
      return { runId, connector, startedAt, outcome: "running" as const, rows }
    })

    return handlers.handleAll({
      list: ({ query }) => answering(list(query)),
      get: ({ params: { runId } }) => answering(Effect.flatMap(get(runId), withoutSecrets)),
      cancel: ({ params: { runId } }) => answering(Effect.as(syncs.cancel(runId), { runId, cancelled: true })),
      log: ({ params, query }) =>
        answering(Effect.flatMap(log.lines(params.runId), (lines) => linesFrom(lines, query))),
    })
  }),
)

const list = Effect.fnUntraced(function* ({ connector = null, ...asked }: Asked & { connector?: string | null }) {
  // Where to go on from may be anywhere among those that are kept.
  const most = asked.cursor === undefined ? (asked.limit ?? defaultLimit) + 1 : Number.MAX_SAFE_INTEGER
  const { items, nextCursor } = yield* pageOf(yield* runsOf(connector, most), asked, ({ runId }) => runId)
  return { runs: yield* withoutSecrets(items), nextCursor }
})

/** A log only grows, so a position in it stays what it is. */
const linesFrom = Effect.fnUntraced(function* <A>(
  lines: ReadonlyArray<A>,
  { limit, cursor, last }: Asked & { readonly last?: number },
) {
  if (last !== undefined) {
    if (limit !== undefined || cursor !== undefined)
      return yield* new BadRequest({ part: "query", detail: '"last" goes without "limit" and "cursor"' })
    return { lines: yield* withoutSecrets(lines.slice(-last)), nextCursor: null }
  }
  const start = yield* positionOf(cursor)
  const end = start + (limit ?? 1_000)
  return { lines: yield* withoutSecrets(lines.slice(start, end)), nextCursor: end < lines.length ? String(end) : null }
})
