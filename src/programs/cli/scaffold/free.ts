import { Effect, Schema } from "effect"
import { lstat } from "node:fs/promises"
import { errnoOf } from "../../../layers/errno.ts"
import type { CheckedManifest } from "../../../services/ManifestService.ts"

interface Wanted {
  readonly name: string
  /** As the manifest would have them, and where they lead. */
  readonly module: string
  readonly directory: string
  readonly source: string
  readonly file: string
}

/** Fails when any of it is there already; many file systems ignore case, and so do names. */
export const demandFree = Effect.fnUntraced(function* (checked: CheckedManifest, wanted: Wanted) {
  const { name, module, directory, source, file } = wanted
  const alike = (names: Iterable<string>) => [...names].find((one) => one.toLowerCase() === name.toLowerCase())
  const connector = alike(checked.connectorNames)
  if (connector !== undefined) return yield* new AlreadyThere({ what: "connector", name: connector, path: module })
  const dataset = alike(checked.datasetNames)
  if (dataset !== undefined) return yield* new AlreadyThere({ what: "dataset", name: dataset, path: source })
  if (yield* isThere(directory)) return yield* new AlreadyThere({ what: "directory", name, path: module })
  // It would be taken for rows of this connector.
  if (yield* isThere(file)) return yield* new AlreadyThere({ what: "file", name, path: source })
})

/** What cannot be looked at is there, too. */
const isThere = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    lstat(path).then(
      () => true,
      (cause: unknown) => errnoOf(cause) !== "ENOENT",
    ),
  )

export class AlreadyThere extends Schema.TaggedError<AlreadyThere>()("AlreadyThere", {
  what: Schema.Literals(["connector", "dataset", "directory", "file", "project"]),
  name: Schema.String,
  /** Relative to the project; of a project, where it lies. */
  path: Schema.String,
}) {
  override get message() {
    if (this.what === "project") return `${this.path} is a project already`
    return this.what === "connector" || this.what === "dataset"
      ? `the manifest has a ${this.what} "${this.name}" already`
      : `there is a ${this.what} ${this.path} already`
  }
  get suggestion() {
    return this.what === "project"
      ? "Nothing was written. Copy the example into a directory of its own."
      : "Nothing was written. Choose another name, or move what is there away first."
  }
}
