import { Clock, Effect } from "effect"
import { connectorOf } from "../../layers/runs/runId.ts"
import { nothingYet } from "../../layers/runs/soFar.ts"
import type { ListedRun, Run } from "../../services/domain/Run.ts"
import { isUnfinished } from "../../services/domain/RunUnfinished.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { RunLog } from "../../services/RunLog.ts"
import { connectorNames, unknownConnector } from "./connectorNames.ts"

/** Who runs it, in whatever process, by the lock of its connector; null where nobody does any more. */
export const holderOf = Effect.fnUntraced(function* (runId: string) {
  const connector = connectorOf(runId)
  if (connector === null) return null
  const holder = yield* RunLocks.use((locks) => locks.holder(connector))
  return holder?.runId === runId ? { ...holder, connector } : null
})

/**
 * A record of a run that has not ended reads as if it had broken off: whether it goes on, only whoever holds its
 * connector can tell.
 */
export const asItStands = Effect.fnUntraced(function* (run: Run) {
  if (!isUnfinished(run)) return run
  if ((yield* holderOf(run.runId)) !== null) return { ...run, outcome: "running", error: null } satisfies ListedRun
  // It may have ended since it was read: its last record comes before it lets go.
  return yield* RunLog.use((log) => log.get(run.runId)).pipe(Effect.catchTag("UnknownRun", () => Effect.succeed(run)))
})

/** Runs that go on, as if they had committed nothing: of what they have, there is a record. */
const underWay = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  return (yield* RunLocks.use((locks) => locks.holders)).flatMap((holder): ReadonlyArray<ListedRun> => {
    const { connector, runId, trigger, startedAt } = holder
    if (runId === null || trigger === null) return []
    const head = { runId, connector, trigger, startedAt, durationMs: Math.max(0, now - Date.parse(startedAt)) }
    return [{ ...head, outcome: "running", ...nothingYet().committed, error: null }]
  })
})

/**
 * The newest runs, those that go on among them, of one connector or of all; fails when there is no such connector, and
 * never was.
 */
export const runsOf = Effect.fnUntraced(function* (connector: string | null, limit: number) {
  // Asked first: one that ends meanwhile has its record by then.
  const going = (yield* underWay).filter((run) => connector === null || run.connector === connector)
  const records = yield* RunLog.use((log) => log.list(connector, limit))
  const recorded: ReadonlyArray<ListedRun> = yield* Effect.forEach(records, asItStands)
  const known = new Set(recorded.map(({ runId }) => runId))
  const fresh = going.filter(({ runId }) => !known.has(runId))
  const all = [...fresh, ...recorded]
  const runs = (connector === null && fresh.length > 0 ? all.toSorted(byStart) : all).slice(0, limit)
  if (connector === null || runs.length > 0) return runs
  // Runs outlive their connector, so only one without runs can be a typing error.
  const names = yield* connectorNames
  if (names === null || names.includes(connector)) return runs
  return yield* unknownConnector(connector, names)
})

/** An id begins with the time. */
const byStart = (a: ListedRun, b: ListedRun): number => (a.runId < b.runId ? 1 : a.runId > b.runId ? -1 : 0)
