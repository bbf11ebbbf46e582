import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog, type ValidationReport } from "../../../services/ConnectorCatalog.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { Finished } from "../failure.ts"
import { answer } from "../output.ts"
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
  const problems = [...report.errors.map(shown("error")), ...report.warnings.map(shown("warning"))]
  const connectors = report.connectors.length === 1 ? "1 connector" : `${report.connectors.length} connectors`
  const errors = report.errors.length === 1 ? "1 error" : `${report.errors.length} errors`
  return [...problems, report.ok ? `ok: ${connectors}` : `${errors} in ${connectors}`].join("\n")
}

const shown = (kind: string) => (problem: ErrorDocument) => {
  const place = [problem["file"], problem["line"], problem["column"]].filter((part) => part !== null).join(":")
  // It stands before the sentence, where editors and terminals find it, and need not be in it again.
  const prefix = `${place}: `
  const message = problem.message.startsWith(prefix) ? problem.message.slice(prefix.length) : problem.message
  return `${place} ${kind}: ${message}\n  ${problem.suggestion}\n`
}
