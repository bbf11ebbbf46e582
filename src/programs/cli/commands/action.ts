import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { type ActionCall, ActionService } from "../../../services/ActionService.ts"
import type { ActionsDone } from "../../../services/domain/Action.ts"
import { callsIn, jsonIn, jsonOf } from "../actionInput.ts"
import { keepAuthorTypes } from "../editorFiles.ts"
import { UsageError } from "../failure.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { changesText } from "./history.ts"

const json = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const flags = {
  rows: json("rows", "file", "A file with a JSON array of rows, or - for stdin").pipe(Flag.optional),
  row: json("row", "json", "One row; can be repeated").pipe(Flag.between(0, 1_000)),
  match: json("match", "json", "Of delete and update: the rows that have these values").pipe(Flag.optional),
  set: json("set", "json", "Of update: the columns to change, and their values").pipe(Flag.optional),
  calls: json("calls", "file", "Several calls as one transaction: a file with a JSON array of them, or -").pipe(
    Flag.optional,
  ),
}

export const action = Command.make(
  "action",
  { targets: targets("action"), project: projectFlag, ...flags },
  Effect.fn("cli.action")(function* ({ targets, project, ...given }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const calls = yield* callsOf(rest[0] ?? null, given)
    const done = yield* ActionService.use((service) => service.run(calls)).pipe(
      Effect.tap(keepAuthorTypes),
      Effect.provide(coreAt(directory)),
    )
    yield* answer(done, forPeople)
  }),
).pipe(
  Command.withDescription("Write rows by hand through an action of the manifest; it can be undone with rollback"),
  Command.withExamples([
    { command: `openislands action add_note --row '{"text": "hello"}'`, description: "Write one row" },
    {
      command: `openislands action fix_note --match '{"id": 7}' --set '{"text": "bye"}'`,
      description: "Change the rows that match",
    },
    { command: `openislands action drop_note --match '{"id": 7}'`, description: "Remove the rows that match" },
    { command: "openislands action add_note --rows notes.json", description: "Write the rows of a file; all or none" },
  ]),
)

interface Given {
  readonly rows: Option.Option<string>
  readonly row: ReadonlyArray<string>
  readonly match: Option.Option<string>
  readonly set: Option.Option<string>
  readonly calls: Option.Option<string>
}

const callsOf = Effect.fnUntraced(function* (name: string | null, { rows, row, match, set, calls }: Given) {
  if (Option.isSome(calls)) {
    const isAlone = name === null && row.length === 0 && [rows, match, set].every(Option.isNone)
    if (isAlone) return yield* callsIn(calls.value)
    const next = "The calls in the file name their actions and have their rows."
    return yield* new UsageError("--calls goes without an action and its rows", next)
  }
  if (name === null) {
    const next = 'Name one: openislands action <name>; "openislands actions" lists them.'
    return yield* new UsageError("which action?", next)
  }
  if (Option.isSome(rows) && row.length > 0) {
    return yield* new UsageError("the rows are given twice: --rows and --row", "Use one of them.")
  }
  const all = Option.isSome(rows) ? yield* jsonIn("--rows", rows.value) : yield* Effect.forEach(row, parsed("--row"))
  const call: ActionCall = {
    action: name,
    ...(Option.isNone(rows) && row.length === 0 ? {} : { rows: all }),
    ...(Option.isNone(match) ? {} : { match: yield* jsonOf("--match", match.value) }),
    ...(Option.isNone(set) ? {} : { set: yield* jsonOf("--set", set.value) }),
  }
  return [call]
})

const parsed = (flag: string) => (written: string) => jsonOf(flag, written)

const forPeople = ({ checkpoint_id, datasets }: ActionsDone): string => {
  if (checkpoint_id !== null)
    return `${changesText(datasets)}\nto take this back: openislands rollback ${checkpoint_id}`
  const touched = Object.values(datasets).some(({ rows }) => rows > 0)
  return touched ? "nothing to change: it is like that already" : "nothing matched: nothing was changed"
}
