import { Effect } from "effect"
import { UnknownConnector } from "../../services/ConnectorCatalog.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { ManifestService } from "../../services/ManifestService.ts"
import type { ListedRun, Run } from "../../services/domain/Run.ts"
import { isUnfinished } from "../../services/domain/RunUnfinished.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { RunLog } from "../../services/RunLog.ts"

/**
 * A record of a run that has not ended reads as if it had broken off: whether it goes on, only whoever holds its
 * connector can tell.
 */
export const asItStands = Effect.fnUntraced(function* (run: Run) {
  if (!isUnfinished(run)) return run
  const holder = yield* RunLocks.use((locks) => locks.holder(run.connector))
  if (holder?.runId === run.runId) return { ...run, outcome: "running", error: null } satisfies ListedRun
  // It may have ended since it was read: its last record comes before it lets go.
  return yield* RunLog.use((log) => log.get(run.runId)).pipe(Effect.catchTag("UnknownRun", () => Effect.succeed(run)))
})

/** The newest runs, of one connector or of all; fails when there is no such connector, and never was. */
export const runsOf = Effect.fnUntraced(function* (connector: string | null, limit: number) {
  const records = yield* RunLog.use((log) => log.list(connector, limit))
  const runs: ReadonlyArray<ListedRun> = yield* Effect.forEach(records, asItStands)
  if (connector === null || runs.length > 0) return runs
  // Runs outlive their connector, so only one without runs can be a typing error.
  const names = yield* ManifestService.use((manifests) => manifests.load).pipe(
    Effect.map(({ connectorNames }) => connectorNames),
    Effect.orElseSucceed(() => [connector]),
  )
  if (names.includes(connector)) return runs
  return yield* new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
})
