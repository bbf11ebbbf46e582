import { Effect, Result, Schema } from "effect"
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { ConnectorCatalog } from "../services/ConnectorCatalog.ts"
import type { Description } from "../services/domain/Description.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import { Project } from "../services/Project.ts"
import { errnoOf } from "./errno.ts"
import { manifestSchema } from "./manifest/jsonSchema.ts"
import { writeFileAtomic } from "./writeFileAtomic.ts"

/** The JSON Schema of this project's manifest, and why it knows less of some connectors. */
export const schemaOf = Effect.fn("schemaOf")(function* (checked: CheckedManifest) {
  const described = yield* ConnectorCatalog.use((catalog) => catalog.descriptions(checked))
  const connectors = new Map<string, Description>()
  for (const { connector, description } of described) {
    if (Result.isSuccess(description)) connectors.set(connector, description.success)
  }
  const failures = described.flatMap(({ description }) => (Result.isFailure(description) ? [description.failure] : []))
  return { schema: manifestSchema({ targets: checked.outline.targets, connectors }), failures }
})

/** The copy that the manifest names as its `$schema`, relative to the project. */
export const copy = ".openislands/manifest.schema.json"

export const schemaText = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`

/**
 * Keeps the copy as the project is, for a manifest that names it. A manifest that cannot be read leaves it as it was:
 * somebody may be in the middle of a line, with an editor that completes it.
 */
export const refreshManifestSchema = Effect.gen(function* () {
  const { root, layout, ensure } = yield* Project
  const file = path.join(root, copy)
  const manifest = yield* read(layout.manifest)
  if (manifest?.includes(copy) !== true) return
  const checked = yield* ManifestService.use((manifests) => manifests.load).pipe(Effect.option)
  if (checked._tag === "None") return
  const text = schemaText((yield* schemaOf(checked.value)).schema)
  if ((yield* read(file)) === text) return
  yield* ensure(layout.home)
  yield* Effect.tryPromise({
    try: () => writeFileAtomic(file, text),
    catch: (cause) => new ManifestSchemaFailed({ path: file, code: errnoOf(cause) }),
  })
}).pipe(Effect.withSpan("refreshManifestSchema"))

/** Null when it cannot be read: then it is written anew, or whoever needs it says what is wrong. */
const read = (file: string): Effect.Effect<string | null> =>
  Effect.promise(() => readFile(file, "utf8").catch(() => null))

export class ManifestSchemaFailed extends Schema.TaggedError<ManifestSchemaFailed>()("ManifestSchemaFailed", {
  path: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return `cannot keep the schema by which editors complete the manifest in ${this.path} (${this.code})`
  }
  get suggestion() {
    return "Everything runs without it. For completion in your editor, check the permissions of that directory."
  }
}
