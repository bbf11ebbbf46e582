import { Effect } from "effect"
import { UnknownConnector } from "../../services/ConnectorCatalog.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { ManifestService } from "../../services/ManifestService.ts"

/** Of all connectors that the manifest declares, sound or not; null where it cannot be read. */
export const connectorNames = ManifestService.use((manifests) => manifests.load).pipe(
  Effect.map(({ connectorNames }) => connectorNames),
  Effect.orElseSucceed(() => null),
)

/** For a name that is none of these. */
export const unknownConnector = (connector: string, names: ReadonlyArray<string>): UnknownConnector =>
  new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
