import { Context, type Effect } from "effect"
import type { ConnectorStatus } from "./domain/ConnectorStatus.ts"
import type { ErrorDocument } from "./domain/ErrorDocument.ts"
import type { ManifestSyntax } from "./domain/ManifestProblem.ts"
import type { ManifestUnreadable } from "./ManifestService.ts"

/** Joins manifest, bundle, description, credentials and runs into what a person wants to know of each connector. */
export class ConnectorCatalog extends Context.Service<
  ConnectorCatalog,
  {
    readonly statuses: Effect.Effect<ReadonlyArray<ConnectorStatus>, ManifestUnreadable | ManifestSyntax>
    /** Everything that is wrong, in one go. An unreadable manifest is a report with that one error. */
    readonly validate: Effect.Effect<ValidationReport>
  }
>()("openislands/services/ConnectorCatalog") {}

/** An ErrorDocument that also says where: `file`, dotted `path`, 1-based `line` and `column`. */
export type LocatedDocument = ErrorDocument

export interface ValidationReport {
  readonly ok: boolean
  readonly errors: ReadonlyArray<LocatedDocument>
  readonly warnings: ReadonlyArray<LocatedDocument>
  readonly connectors: ReadonlyArray<ConnectorStatus>
}
