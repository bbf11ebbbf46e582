import { Effect } from "effect"
import { UnknownConnector } from "../../services/ConnectorCatalog.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { ManifestService } from "../../services/ManifestService.ts"
import { RunLog } from "../../services/RunLog.ts"

/** The newest runs, of one connector or of all; fails when there is no such connector, and never was. */
export const runsOf = Effect.fnUntraced(function* (connector: string | null, limit: number) {
  const runs = yield* RunLog.use((log) => log.list(connector, limit))
  if (connector === null || runs.length > 0) return runs
  // Runs outlive their connector, so only one without runs can be a typing error.
  const names = yield* ManifestService.use((manifests) => manifests.load).pipe(
    Effect.map(({ connectorNames }) => connectorNames),
    Effect.orElseSucceed(() => [connector]),
  )
  if (names.includes(connector)) return runs
  return yield* new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
})
