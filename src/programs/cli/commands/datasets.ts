import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { type DatasetDescription, QueryService } from "../../../services/QueryService.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const datasets = Command.make(
  "datasets",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.datasets")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    const datasets = yield* QueryService.use((queries) => queries.datasets).pipe(Effect.provide(coreAt(directory)))
    yield* answer({ datasets }, forPeople)
  }),
).pipe(
  Command.withDescription("List the datasets: their files, their columns, and what writes to them"),
  Command.withExamples([{ command: "openislands datasets", description: "List the datasets and their columns" }]),
)

const forPeople = ({ datasets }: { readonly datasets: ReadonlyArray<DatasetDescription> }): string =>
  datasets.length === 0 ? 'no datasets: declare one under "datasets" in manifest.json' : datasets.map(shown).join("\n")

const shown = (dataset: DatasetDescription): string => {
  const { name, description, columns, outputs, error } = dataset
  const facts = [
    description,
    ...outputs.map(({ connector, output }) => `written by ${connector} (${output})`),
    columns === null || columns.length === 0
      ? null
      : columns.map((column) => `${column.name} ${column.type}`).join(", "),
    ...(error === null ? [] : [`error: ${error.message}`, error.suggestion === null ? null : `  ${error.suggestion}`]),
  ]
  const lines = facts.filter((fact) => fact !== null).map((fact) => `  ${fact}`)
  return [[name, placeOf(dataset)].join("  ").trimEnd(), ...lines].join("\n")
}

const placeOf = ({ source, sql, table, exists, rows }: DatasetDescription): string => {
  if (sql !== null) return `the query in ${sql}`
  if (source === null) return ""
  const place = table === null ? source : `table ${table} of ${source}`
  return exists ? (rows === 0 ? `${place}, empty` : place) : `${place}, not there yet`
}
