import { Effect } from "effect"
import { readPlan } from "./journal.ts"
import { listHistory } from "./retention.ts"

/** What counts of a checkpoint that is kept; it never changes. */
export interface Turned {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whose cursors a rollback moved; none of a sync. */
  readonly connectors: ReadonlyArray<string>
}

/**
 * When a rollback moved the connector's cursor last, if that was after `since`; both in epoch milliseconds. Only what is
 * newer is read, and that once.
 */
export const lastRollback = Effect.fnUntraced(function* (
  home: string,
  known: Map<string, Turned>,
  connector: string,
  since: number,
) {
  for (const id of (yield* kept(home, known)).toReversed()) {
    const { at, connectors } = yield* turnedBy(home, known, id)
    if (at <= since) return null
    if (connectors.includes(connector)) return at
  }
  return null
})

/** The same for every connector that one has moved. */
export const lastRollbacks = Effect.fnUntraced(function* (home: string, known: Map<string, Turned>) {
  const last = new Map<string, number>()
  for (const id of yield* kept(home, known)) {
    const { at, connectors } = yield* turnedBy(home, known, id)
    for (const connector of connectors) last.set(connector, at)
  }
  return last
})

/** What is known of the others is of no use any more. */
const kept = Effect.fnUntraced(function* (home: string, known: Map<string, Turned>) {
  const ids = yield* listHistory(home)
  const listed = new Set(ids)
  for (const id of known.keys()) if (!listed.has(id)) known.delete(id)
  return ids
})

const turnedBy = Effect.fnUntraced(function* (home: string, known: Map<string, Turned>, id: string) {
  const before = known.get(id)
  if (before !== undefined) return before
  const plan = yield* readPlan(home, id).pipe(
    // Nobody holds a lock for this: whoever committed meanwhile may have forgotten it.
    Effect.catchTag("StoreCorrupt", (error) =>
      Effect.flatMap(listHistory(home), (ids) => (ids.includes(id) ? Effect.fail(error) : Effect.succeed(null))),
    ),
  )
  if (plan === null) return forgotten
  const turned: Turned = { at: Date.parse(plan.at), connectors: plan.toggles === null ? [] : plan.connectors }
  known.set(id, turned)
  return turned
})

/** What is not kept any more turned nothing; it is older than all that is. */
const forgotten: Turned = { at: Number.NEGATIVE_INFINITY, connectors: [] }
