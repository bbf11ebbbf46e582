import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import type { Cause, Checkpoint } from "../../../services/domain/Checkpoint.ts"
import { History } from "../../../services/History.ts"
import { answer } from "../output.ts"
import { count } from "../runText.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const history = Command.make(
  "history",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.history")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    const checkpoints = yield* History.use((history) => history.list).pipe(Effect.provide(coreAt(directory)))
    yield* answer({ checkpoints }, forPeople)
  }),
).pipe(Command.withDescription("List the checkpoints, the newest first; each can be undone"))

const forPeople = ({ checkpoints }: { readonly checkpoints: ReadonlyArray<Checkpoint> }): string =>
  checkpoints.length === 0 ? "no checkpoints: nothing has been written yet" : checkpoints.map(shown).join("\n")

const shown = ({ checkpoint_id, at, cause, datasets, undoneBy }: Checkpoint): string => {
  const undone = undoneBy === null ? [] : [`(undone by ${undoneBy})`]
  return [checkpoint_id, at, causeText(cause), changesText(datasets), ...undone].join("  ")
}

const causeText = ({ type, connector, action }: Cause): string =>
  [type, connector ?? action].filter((part) => part !== null).join(" ")

export const changesText = (datasets: Checkpoint["datasets"]): string =>
  Object.entries(datasets)
    .map(([dataset, { mode, rows }]) => `${dataset} ${mode} ${count(rows, "row")}`)
    .join(", ")
