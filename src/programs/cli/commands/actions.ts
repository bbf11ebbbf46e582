import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ActionService } from "../../../services/ActionService.ts"
import type { ActionFieldInfo, ActionInfo } from "../../../services/domain/Action.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const actions = Command.make(
  "actions",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.actions")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    const actions = yield* ActionService.use((service) => service.list).pipe(Effect.provide(coreAt(directory)))
    yield* answer({ actions }, listed)
  }),
).pipe(
  Command.withDescription("List what can be written by hand, and the fields that each action takes"),
  Command.withExamples([{ command: "openislands actions", description: "List the actions and their fields" }]),
)

const listed = ({ actions }: { readonly actions: ReadonlyArray<ActionInfo> }): string =>
  actions.length === 0
    ? 'no actions: declare one under "actions" in manifest.json'
    : actions.map(actionText).join("\n\n")

const actionText = ({ name, dataset, mode, description, fields, error }: ActionInfo): string => {
  const width = Math.max(0, ...fields.map((field) => field.name.length))
  const lines = [`${name}  ${mode} ${dataset}`]
  if (description !== null) lines.push(`  ${description}`)
  const takes = takesOf[mode]
  if (takes !== null) lines.push(`  takes ${takes}`)
  if (error !== null) lines.push(`  error: ${(error as { readonly message: string }).message}`)
  else if (fields.length === 0) lines.push(`  ${dataset} is empty: the first rows settle its columns`)
  return [...lines, ...fields.map((field) => `  ${field.name.padEnd(width)}  ${fieldText(field)}`)].join("\n")
}

/** Of what isn't given as rows; the fields are then the columns that these may name. */
const takesOf: Readonly<Record<ActionInfo["mode"], string | null>> = {
  insert: null,
  replace: null,
  delete: "--match (the rows to remove)",
  update: "--match (the rows to change) and --set (their new values)",
}

const fieldText = ({ type, required, min, max, description, ...field }: ActionFieldInfo): string =>
  [
    type === "unknown" ? "anything" : type,
    ...(required ? ["required"] : []),
    ...(field.enum === null ? [] : [`one of ${field.enum.map((one) => JSON.stringify(one)).join(", ")}`]),
    ...(min === null ? [] : [`at least ${min}`]),
    ...(max === null ? [] : [`at most ${max}`]),
    ...(field.default === null ? [] : [`default ${JSON.stringify(field.default)}`]),
    ...(description === null ? [] : [description]),
  ].join(", ")
