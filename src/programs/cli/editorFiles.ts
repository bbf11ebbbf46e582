import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { refreshAuthorTypes } from "../../layers/AuthorTypes.ts"
import { refreshManifestSchema } from "../../layers/ManifestSchema.ts"
import { Project } from "../../services/Project.ts"
import { sayError } from "./output.ts"

/**
 * For projects whose tsconfig.json counts on them, as the one that `init` writes does. Connectors run without their
 * editor's types: that those cannot be kept is worth a word, never a failure.
 */
export const keepAuthorTypes = Effect.gen(function* () {
  const { root } = yield* Project
  const tsconfig = yield* Effect.promise(() => readFile(join(root, "tsconfig.json"), "utf8").catch(() => ""))
  if (tsconfig.includes(".openislands/types")) yield* refreshAuthorTypes
}).pipe(Effect.catch(warn))

/** And the schema of the manifest, for one that names it; a connector that hangs when it is asked is not waited for. */
export const keepEditorFiles = keepAuthorTypes.pipe(
  Effect.andThen(refreshManifestSchema.pipe(Effect.timeoutOption("10 seconds"), Effect.catch(warn))),
)

function warn(error: { readonly message: string; readonly suggestion: string }) {
  return sayError(`warning: ${error.message}\n  ${error.suggestion}`)
}
