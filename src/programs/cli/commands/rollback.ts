import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { History, type RolledBack } from "../../../services/History.ts"
import { answer } from "../output.ts"
import { cursorOnly, turnsText } from "./history.ts"
import { demandProject, projectFlag, resolveTarget, targets } from "../target.ts"

const force = Flag.Boolean("force").pipe(
  Flag.withDescription(
    "Undo even if rows were added by hand after the synced ones, and keep those. Edits to the synced rows are refused all the same",
  ),
  Flag.withDefault(false),
)

export const rollback = Command.make(
  "rollback",
  { targets: targets("checkpoint"), project: projectFlag, force },
  Effect.fn("cli.rollback")(function* ({ targets, project, force }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    yield* demandProject(directory)
    const rolledBack = yield* History.use((history) => history.rollback(rest[0] ?? null, { force })).pipe(
      Effect.provide(coreAt(directory)),
    )
    yield* answer(rolledBack, forPeople)
  }),
).pipe(
  Command.withDescription(
    "Undo the newest sync or action that is in force, or the named checkpoint and everything later on the same datasets; rolling back a rollback brings back what it undid",
  ),
  Command.withExamples([
    { command: "openislands rollback", description: "Undo the newest sync or action that is in force" },
    {
      command: "openislands rollback 00000001-8y5w",
      description: 'Undo the one with this id; "openislands history" has the ids',
    },
  ]),
)

const forPeople = ({ checkpoint_id, undone, redone, datasets, turned }: RolledBack): string =>
  [
    ...undone.map((id) => `undone  ${id}`),
    ...redone.map((id) => `redone  ${id}`),
    ...(Object.keys(datasets).length === 0 ? [cursorOnly] : turnsText({ datasets, turned })),
    `to take this back: openislands rollback ${checkpoint_id}`,
  ].join("\n")
