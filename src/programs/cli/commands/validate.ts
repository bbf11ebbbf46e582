import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog, type ValidationReport } from "../../../services/ConnectorCatalog.ts"
import type { ConnectorStatus } from "../../../services/domain/ConnectorStatus.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { MissingSecrets } from "../../../services/TokenService.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { Finished } from "../failure.ts"
import { answer } from "../output.ts"
import { count } from "../runText.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const validate = Command.make(
  "validate",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.validate")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    const report = yield* ConnectorCatalog.use((catalog) => catalog.validate).pipe(
      // A directory without a manifest is not ours to write to.
      Effect.tap(({ errors }) => (errors[0]?._tag === "ManifestUnreadable" ? Effect.void : keepEditorFiles)),
      Effect.provide(coreAt(directory)),
    )
    yield* answer(report, forPeople)
    if (!report.ok) return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Check the manifest and load every connector; no sync is run, no data is written"),
  Command.withExamples([
    { command: "openislands validate", description: "Check the project in the current directory" },
    { command: "openislands validate my-data --json", description: "Check another one, for a program to read" },
  ]),
)

const forPeople = (report: ValidationReport): string => {
  const { ok, errors, warnings, connectors } = report
  const problems = [...errors.map(shown("error")), ...warnings.map(shown("warning")), ...connectors.flatMap(lacking)]
  const verdict = ok
    ? `ok: ${count(connectors.length, "connector")}`
    : `${count(errors.length, "error")} in ${filesOf(errors)}`
  return [...problems, verdict].join("\n")
}

/** The manifest is right without them, and what the connector lacks is in its status. */
const lacking = ({ name, missingSecrets }: ConnectorStatus): ReadonlyArray<string> => {
  if (missingSecrets.length === 0) return []
  const { message, suggestion } = new MissingSecrets({ connector: name, missing: missingSecrets })
  return [`.env warning: ${message} before it can sync\n  ${suggestion}\n`]
}

/** More names than this tell less than their number. */
const mostFiles = 3

const filesOf = (errors: ReadonlyArray<ErrorDocument>): string => {
  const files = [...new Set(errors.map((error) => String(error["file"] ?? "manifest.json")))]
  return files.length > mostFiles ? `${files.length} files` : files.join(" and ")
}

const shown = (kind: string) => (problem: ErrorDocument) => {
  const place = [problem["file"], problem["line"], problem["column"]].filter((part) => part !== null).join(":")
  // It stands before the sentence, where editors and terminals find it, and need not be in it again.
  const prefix = `${place}: `
  const message = problem.message.startsWith(prefix) ? problem.message.slice(prefix.length) : problem.message
  return `${place} ${kind}: ${message}\n  ${problem.suggestion}\n`
}
