import { Effect, Option, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as path from "node:path"
import { type ErrorDocument, errorDocument } from "../../../services/domain/ErrorDocument.ts"
import { coreAt } from "../../../layers/Core.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { UsageError } from "../failure.ts"
import { answer } from "../output.ts"
import { leadTo } from "../place.ts"
import { exampleFiles, type ExampleName, exampleNames } from "../scaffold/exampleFiles.ts"
import { AlreadyThere } from "../scaffold/free.ts"
import { findEnvNotIgnored } from "../scaffold/gitignore.ts"
import { addServer, findMcpNotIgnored, mcpConfig } from "../scaffold/mcpConfig.ts"
import { findCommonJs } from "../scaffold/packageType.ts"
import { scaffold, type Scaffolded } from "../scaffold/scaffold.ts"
import { argument, isProject, projectFlag, resolved } from "../target.ts"

const example = Flag.Literals("example", exampleNames).pipe(
  Flag.withDescription("Begin with a copy of an example, in a directory that is no project yet"),
  Flag.optional,
)

export const init = Command.make(
  "init",
  { directory: argument("directory").pipe(Argument.optional), project: projectFlag, example },
  Effect.fn("cli.init")(function* ({ directory, project, example }) {
    if (Option.isSome(directory) && Option.isSome(project)) {
      return yield* new UsageError(`the project is given twice: ${directory.value} and --project ${project.value}`)
    }
    const target = yield* resolved(
      Option.getOrElse(
        Option.orElse(directory, () => project),
        () => ".",
      ),
    )
    leadTo(target)
    const copied = Option.getOrNull(example)
    if (copied !== null && isProject(target)) {
      return yield* new AlreadyThere({ what: "project", name: path.basename(target), path: target })
    }
    const made = yield* scaffold(target, copied === null ? [] : yield* exampleFiles(copied))
    yield* keepEditorFiles.pipe(Effect.provide(coreAt(target)))
    const exposed = made.kept.includes(".gitignore") ? yield* findEnvNotIgnored(target) : null
    const commonJs = made.kept.includes("package.json") ? yield* findCommonJs(target) : null
    const added = made.kept.includes(mcpConfig) ? yield* Effect.result(addServer(target)) : Result.succeed(false)
    const isAdded = Result.isSuccess(added) && added.success
    const isWritten = isAdded || made.created.includes(mcpConfig)
    const shared = isWritten ? yield* findMcpNotIgnored(target) : null
    const problems = [exposed, commonJs, Result.isFailure(added) ? added.failure : null, shared]
    const warnings = problems.filter((problem) => problem !== null).map(errorDocument)
    const kept = made.kept.filter((file) => file !== mcpConfig || !isAdded)
    const changed = isAdded ? [mcpConfig] : []
    const steps = copied === null ? ownSteps : stepsOf[copied]
    yield* answer({ directory: target, created: made.created, changed, kept, warnings }, forPeople(steps))
  }),
).pipe(
  Command.withDescription("Make a directory a project; what is in files that are there already stays"),
  Command.withExamples([
    { command: "openislands init my-data", description: "Make a directory and all that a project has" },
    { command: "openislands init", description: "Make the current directory a project" },
    { command: "openislands init weather --example quickstart", description: "Begin with a copy of an example" },
  ]),
)

interface Made extends Scaffolded {
  readonly directory: string
  /** Files that were there and have something more in them now. */
  readonly changed: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<ErrorDocument>
}

const ownSteps: ReadonlyArray<string> = [
  "next: write a connector, whose types editors find without npm install: openislands new <name>",
  "or copy one into connectors/, declare it in manifest.json, then run: openislands validate",
]

/** What to do with a copy of an example. */
const stepsOf: Readonly<Record<ExampleName, ReadonlyArray<string>>> = {
  quickstart: ["next: openislands sync", "README.md there goes on from it"],
  health: [
    "next: copy .env.example to .env and fill it in (README.md there says where from)",
    'then run: openislands serve, open the address that it prints and click Connect on "whoop"',
  ],
  catalog: [
    "next: openislands sync file-drop, which needs no account",
    "README.md there lists the others, and openislands status says what they lack",
  ],
}

const forPeople =
  (steps: ReadonlyArray<string>) =>
  ({ directory, created, changed, kept, warnings }: Made): string =>
    [
      `project in ${directory}`,
      ...created.map((file) => `  created ${file}`),
      ...changed.map((file) => `  changed ${file} (the MCP server of this project is added)`),
      ...kept.map((file) => `  kept    ${file} (was there already)`),
      ...warnings.map(({ message, suggestion }) => `warning: ${message}\n  ${suggestion}`),
      ...steps,
      `agents that are started here find this project by ${mcpConfig}`,
    ].join("\n")
