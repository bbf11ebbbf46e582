import { Effect } from "effect"
import { UnknownConnector } from "../../services/ConnectorCatalog.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { ManifestService } from "../../services/ManifestService.ts"

/** Of all connectors that the manifest declares, sound or not; null where it cannot be read. */
export const connectorNames = ManifestService.use((manifests) => manifests.load).pipe(
  Effect.map(({ connectorNames }) => connectorNames),
  Effect.orElseSucceed(() => null),
)

/** Fails where the manifest, or its "connectors", is no object: nothing says then which connectors there are. */
export const demandConnectors = Effect.gen(function* () {
  const { connectorNames, problems } = yield* ManifestService.use((manifests) => manifests.load)
  const broken = problems.find(({ path }) => path === "" || path === "connectors")
  if (connectorNames.length === 0 && broken !== undefined) return yield* broken
})

/** For a name that is none of these. */
export const unknownConnector = (connector: string, names: ReadonlyArray<string>): UnknownConnector =>
  new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
