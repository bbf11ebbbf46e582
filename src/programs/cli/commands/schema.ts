import { Effect, Option } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { schemaOf, schemaText } from "../../../layers/ManifestSchema.ts"
import { manifestSchema, nothingKnown } from "../../../layers/manifest/jsonSchema.ts"
import type { TaggedFailure } from "../../../services/domain/ErrorDocument.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { print, sayError } from "../output.ts"
import { isProject, projectFlag, resolveTarget, targets } from "../target.ts"

export const schema = Command.make(
  "schema",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.schema")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    // Whoever names no project may have none yet.
    const isAnyones = targets.length === 0 && Option.isNone(project) && !isProject(directory)
    const found = isAnyones ? manifestSchema(nothingKnown) : yield* ofProject.pipe(Effect.provide(coreAt(directory)))
    yield* print(schemaText(found).trimEnd())
  }),
).pipe(
  Command.withDescription("Print the JSON Schema of manifest.json, with the connectors and datasets of the project"),
  Command.withExamples([
    { command: "openislands schema", description: "Print the JSON Schema of this project's manifest.json" },
  ]),
)

/** What cannot be read is told, and left out. */
const ofProject = Effect.gen(function* () {
  const checked = yield* ManifestService.use((manifests) => manifests.load).pipe(
    Effect.catchTag("ManifestSyntax", (broken) => Effect.as(warn(broken), null)),
  )
  if (checked === null) return manifestSchema(nothingKnown)
  const { schema, failures } = yield* schemaOf(checked)
  yield* Effect.forEach(failures, warn)
  yield* keepEditorFiles
  return schema
})

const warn = (failure: TaggedFailure) =>
  sayError(`warning: ${failure.message}${failure.suggestion === undefined ? "" : `\n  ${failure.suggestion}`}`)
