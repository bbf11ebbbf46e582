import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { type FieldType, fieldTypes } from "../../../services/domain/Manifest.ts"
import { didYouMean } from "../../../services/domain/Name.ts"
import { type ContractAnswer, contractOf } from "../../answers/contract.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { UsageError } from "../failure.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

const settle = Flag.String("settle").pipe(
  Flag.withMetavar("column=type"),
  Flag.withDescription(
    `Give a column another type (${fieldTypes.join(", ")}), for queries as well: a string is summed by sum(TRY_CAST(column AS DOUBLE)). Can be repeated, and undone`,
  ),
  Flag.between(0, 1_000),
)

export const contract = Command.make(
  "contract",
  { targets: targets("dataset"), project: projectFlag, settle },
  Effect.fn("cli.contract")(function* ({ targets, project, settle }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [name] = rest
    if (name === undefined) {
      const next = 'Name one of the "datasets" in manifest.json: openislands contract <dataset>'
      return yield* new UsageError("which dataset?", next)
    }
    const types = yield* typesOf(settle)
    const found = yield* contractOf(name, types).pipe(Effect.tap(keepEditorFiles), Effect.provide(coreAt(directory)))
    yield* answer(found, forPeople)
  }),
).pipe(
  Command.withDescription("Show the columns of a dataset and their types, or change a type"),
  Command.withExamples([
    { command: "openislands contract observations", description: "Show the columns and their types" },
    {
      command: "openislands contract observations --settle station=string",
      description: "Make a column text, so that 00123 stays as it is",
    },
  ]),
)

const typeNames = fieldTypes.join(", ")

const typesOf = Effect.fnUntraced(function* (written: ReadonlyArray<string>) {
  const types = new Map<string, FieldType>()
  for (const one of written) {
    const at = one.lastIndexOf("=")
    const [column, named] = [one.slice(0, at), one.slice(at + 1)]
    const type = fieldTypes.find((known) => known === named)
    if (at < 1) return yield* new UsageError(`--settle takes column=type, not "${one}"`, `Types: ${typeNames}.`)
    if (type === undefined) {
      const meant = didYouMean(named, fieldTypes)
      const hint = meant === null ? "" : `Did you mean "${meant}"? `
      return yield* new UsageError(`--settle ${one}: there is no type "${named}"`, `${hint}Types: ${typeNames}.`)
    }
    if (types.has(column) && types.get(column) !== type) {
      const next = "Name each column once."
      return yield* new UsageError(
        `--settle gives column "${column}" two types: ${types.get(column)} and ${type}`,
        next,
      )
    }
    types.set(column, type)
  }
  return types
})

const forPeople = ({ dataset, columns, checkpoint_id }: ContractAnswer): string => {
  const width = Math.max(0, ...columns.map(({ name }) => name.length))
  const lines = columns.map((column) => `${column.name.padEnd(width)}  ${typeText(column)}`)
  if (columns.length === 0) lines.push(`${dataset} is empty: the first rows settle its columns`)
  if (checkpoint_id !== null) lines.push(`to take this back: openislands rollback ${checkpoint_id}`)
  return lines.join("\n")
}

const typeText = ({ type, optional, mixed }: ContractAnswer["columns"][number]): string =>
  type === "unknown"
    ? "unknown, only null so far"
    : `${type}${mixed ? ", takes any type" : ""}${optional ? ", may be null" : ""}`
