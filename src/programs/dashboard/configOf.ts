import { Effect, type Schema } from "effect"
import { ManifestService } from "../../services/ManifestService.ts"

/** A connector's config as the manifest has it; null where it says nothing, or nothing that can be used. */
export const configOf = (connector: string) =>
  ManifestService.use((manifests) => manifests.load).pipe(
    Effect.map(({ manifest }) => (manifest.connectors.get(connector)?.config ?? null) as Schema.Json),
  )
