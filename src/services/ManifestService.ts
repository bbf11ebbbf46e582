import { Context, type Effect, Schema } from "effect"
import type { ConnectorEntry, Manifest } from "./domain/Manifest.ts"
import type { ManifestProblem, ManifestSyntax, ManifestWarning } from "./domain/ManifestProblem.ts"

/** Owns reading and checking `manifest.json`; every problem is found in one go, and what is sound stays usable. */
export class ManifestService extends Context.Service<
  ManifestService,
  {
    /** Fails only when there is no manifest to speak of; problems inside it are data, each at its place. */
    readonly load: Effect.Effect<CheckedManifest, ManifestUnreadable | ManifestSyntax>
  }
>()("openislands/services/ManifestService") {}

export interface CheckedManifest {
  /** What is wrong with the file as it is now, where this is the last good one that is kept meanwhile. */
  readonly broken?: ManifestUnreadable | ManifestSyntax | ManifestProblem
  /** Only entries without a problem. */
  readonly manifest: Manifest
  readonly problems: ReadonlyArray<ManifestProblem>
  readonly warnings: ReadonlyArray<ManifestWarning>
  /** What keeps one of `connectorNames` out of `manifest`: its own problems and those of the datasets it writes to. */
  readonly problemsOf: (connector: string) => ReadonlyArray<ManifestProblem>
  /** Likewise for one of `datasetNames`: the first of what keeps it out. */
  readonly problemOfDataset: (dataset: string) => ManifestProblem | null
  /** Keys under `connectors` in the order written, those with problems included: any text, so never a part of a path. */
  readonly connectorNames: ReadonlyArray<string>
  /** Likewise those under `datasets`. */
  readonly datasetNames: ReadonlyArray<string>
  /** Likewise those under `actions`. */
  readonly actionNames: ReadonlyArray<string>
  readonly outline: Outline
  /** Where a path of the manifest stands in the file; the nearest enclosing place when it isn't there. */
  readonly locate: (path: ReadonlyArray<string | number>) => Position
}

/** What is declared, whatever else is wrong with it: for what helps its writer on, never for what runs. */
export interface Outline {
  /** Where the code of each connector is; one whose `module` leads nowhere that may be read is not among them. */
  readonly modules: ReadonlyMap<string, Pick<ConnectorEntry, "module" | "directory" | "config" | "permissions">>
  /** Names of datasets that rows can be written to, in the order written. */
  readonly targets: ReadonlyArray<string>
}

export interface Position {
  readonly file: string
  /** `connectors.whoop.config.lookbackDays` */
  readonly path: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in characters. */
  readonly column: number
}

export class ManifestUnreadable extends Schema.TaggedError<ManifestUnreadable>()("ManifestUnreadable", {
  /** Its name; it stands in `directory`. */
  file: Schema.String,
  directory: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return this.code === "ENOENT"
      ? `there is no ${this.file} in ${this.directory}`
      : `cannot read ${this.file} in ${this.directory} (${this.code})`
  }
  get suggestion() {
    return this.code === "ENOENT"
      ? 'To make it a project, run "openislands init"; or name another one with --project.'
      : "Check that it is a readable text file."
  }
}
