import { Context, type Effect, type Result, Schema } from "effect"
import type { Bundle } from "./BundlerService.ts"
import type { ConnectorSchedule } from "./domain/ConnectorSchedule.ts"
import type { ConnectorStatus } from "./domain/ConnectorStatus.ts"
import type { Description } from "./domain/Description.ts"
import type { Due } from "./domain/Due.ts"
import type { ErrorDocument } from "./domain/ErrorDocument.ts"
import type { LoadError } from "./domain/LoadError.ts"
import type { ConnectorEntry } from "./domain/Manifest.ts"
import type { ManifestProblem, ManifestSyntax, ManifestWarning } from "./domain/ManifestProblem.ts"
import { meant } from "./domain/Name.ts"
import type { CheckedManifest, ManifestUnreadable } from "./ManifestService.ts"
import type { ProjectUnwritable } from "./Project.ts"

/** Joins manifest, bundle, description, credentials and runs into what a person wants to know of each connector. */
export class ConnectorCatalog extends Context.Service<
  ConnectorCatalog,
  {
    /** Every connector in the manifest's order; what is wrong with one is in its `loadError`. */
    readonly statuses: Effect.Effect<ReadonlyArray<ConnectorStatus>, ManifestUnreadable | ManifestSyntax>
    /** When each connector is due. Cheap enough to be asked every few seconds: what hasn't changed isn't looked at again. */
    readonly due: Effect.Effect<ReadonlyMap<string, Due>, ManifestUnreadable | ManifestSyntax>
    /** Makes `due` look at everything once more, for a change that it cannot see by itself. */
    readonly lookAgain: Effect.Effect<void>
    /** One of them. */
    readonly status: (
      name: string,
    ) => Effect.Effect<ConnectorStatus, UnknownConnector | ManifestUnreadable | ManifestSyntax>
    /** A connector that is ready to run, but for its credentials. */
    readonly load: (
      checked: CheckedManifest,
      name: string,
    ) => Effect.Effect<LoadedConnector, UnknownConnector | ManifestProblem | LoadError | ProjectUnwritable>
    /** What each connector says of itself, also one that cannot run as it is declared; or why it does not load. */
    readonly descriptions: (checked: CheckedManifest) => Effect.Effect<ReadonlyArray<Described>>
    /** Everything that is wrong, in one go. An unreadable manifest is a report with that one error. */
    readonly validate: Effect.Effect<ValidationReport>
  }
>()("openislands/services/ConnectorCatalog") {}

export interface LoadedConnector {
  readonly entry: ConnectorEntry
  readonly bundle: Bundle
  readonly description: Description
  /** The manifest's, falling back to the connector's default; null is manual. */
  readonly schedule: ConnectorSchedule | null
  readonly warnings: ReadonlyArray<ManifestWarning>
}

export interface Described {
  readonly connector: string
  readonly description: Result.Result<Description, LoadError | ProjectUnwritable>
}

/** Each error and warning is an ErrorDocument with `file`, dotted `path`, 1-based `line` and `column`. */
export interface ValidationReport {
  readonly ok: boolean
  readonly errors: ReadonlyArray<ErrorDocument>
  readonly warnings: ReadonlyArray<ErrorDocument>
  readonly connectors: ReadonlyArray<ConnectorStatus>
}

export class UnknownConnector extends Schema.TaggedError<UnknownConnector>()("UnknownConnector", {
  connector: Schema.String,
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `the manifest has no connector "${this.connector}"${meant(this.didYouMean)}`
  }
  get suggestion() {
    const declare = this.didYouMean === null ? 'Declare it under "connectors" in manifest.json; ' : ""
    return `${declare}"openislands status" lists those there are.`
  }
}
