import { Effect } from "effect"
import type { StoreCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import type { Disk } from "./Disk.ts"
import { readPlan } from "./journal.ts"
import { listHistory } from "./retention.ts"

/** What counts of a checkpoint that is kept; it never changes. */
export interface Remembered {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whose sync it is. */
  readonly of: string | null
  /** Whose syncs or cursors a rollback turned; none of a sync. */
  readonly connectors: ReadonlyArray<string>
}

/**
 * When a rollback turned a sync of the connector last, if that was after `since`; both in epoch milliseconds. Of
 * rollbacks only what is newer is read, and that once.
 */
export const lastRollback = Effect.fnUntraced(function* (
  home: string,
  known: Map<string, Remembered>,
  connector: string,
  since: number,
) {
  const ids = yield* kept(home, known)
  for (const id of ids.toReversed()) {
    const { at, connectors } = yield* turnedBy(home, known, ids, id)
    if (at <= since) return null
    if (connectors.includes(connector)) return at
  }
  return null
})

/** The same for every connector. */
export const lastRollbacks = Effect.fnUntraced(function* (home: string, known: Map<string, Remembered>) {
  const last = new Map<string, number>()
  const ids = yield* kept(home, known)
  for (const id of ids) {
    const { at, connectors } = yield* turnedBy(home, known, ids, id)
    for (const connector of connectors) last.set(connector, at)
  }
  return last
})

/** What is known of the others is of no use any more. */
const kept = Effect.fnUntraced(function* (home: string, known: Map<string, Remembered>) {
  const ids = yield* listHistory(home)
  const listed = new Set(ids)
  for (const id of known.keys()) if (!listed.has(id)) known.delete(id)
  return ids
})

const turnedBy: (
  home: string,
  known: Map<string, Remembered>,
  ids: ReadonlyArray<string>,
  id: string,
) => Effect.Effect<Remembered, StoreCorrupt | StoreFailed, Disk> = Effect.fnUntraced(function* (home, known, ids, id) {
  const before = known.get(id)
  if (before !== undefined) return before
  const plan = yield* readPlan(home, id).pipe(
    // Nobody holds a lock for this: whoever committed meanwhile may have forgotten it.
    Effect.catchTag("StoreCorrupt", (error) =>
      Effect.flatMap(listHistory(home), (ids) => (ids.includes(id) ? Effect.fail(error) : Effect.succeed(null))),
    ),
  )
  if (plan === null) return forgotten
  const { at, cause, connectors, toggles } = plan
  const turnedSyncs: Array<string | null> = []
  for (const one of toggles === null ? [] : [...toggles.undone, ...toggles.redone])
    if (ids.includes(one)) turnedSyncs.push((yield* turnedBy(home, known, ids, one)).of)
  const turned: Remembered = {
    at: Date.parse(at),
    of: cause.connector,
    connectors: toggles === null ? [] : connectorsOf(connectors, turnedSyncs),
  }
  known.set(id, turned)
  return turned
})

/** Those whose cursors moved, and those whose rows came or went while the cursor stayed where it was. */
export const connectorsOf = (moved: ReadonlyArray<string>, turned: ReadonlyArray<string | null>) => [
  ...new Set([...moved, ...turned.filter((connector) => connector !== null)]),
]

/** What is not kept any more turned nothing; it is older than all that is. */
const forgotten: Remembered = { at: Number.NEGATIVE_INFINITY, of: null, connectors: [] }
