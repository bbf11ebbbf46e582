import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import type { ListedRun } from "../../../services/domain/Run.ts"
import { runsOf } from "../../answers/runs.ts"
import { answer } from "../output.ts"
import { rowsText, under } from "../runText.ts"
import { demandProject, projectFlag, resolveTarget, targets } from "../target.ts"

const limit = Flag.String("limit").pipe(
  Flag.withMetavar("number"),
  Flag.withDescription("How many, the newest first"),
  Flag.filterMap(
    (text) => (/^0*[1-9]\d*$/.test(text) ? Option.some(Number(text)) : Option.none()),
    () => "an integer of at least 1",
  ),
  Flag.withDefault(50),
)

export const runs = Command.make(
  "runs",
  { targets: targets("connector"), project: projectFlag, limit },
  Effect.fn("cli.runs")(function* ({ targets, project, limit }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    yield* demandProject(directory)
    const runs = yield* runsOf(rest[0] ?? null, limit).pipe(Effect.provide(coreAt(directory)))
    yield* answer({ runs }, forPeople)
  }),
).pipe(
  Command.withDescription("List what has run or is running, the newest first"),
  Command.withExamples([
    { command: "openislands runs", description: "List the newest 50 runs" },
    { command: "openislands runs weather --limit 5", description: "List the newest 5 of one connector" },
  ]),
)

const forPeople = ({ runs }: { readonly runs: ReadonlyArray<ListedRun> }): string =>
  runs.length === 0 ? "nothing has run yet" : runs.map(shown).join("\n")

const shown = (run: ListedRun): string => {
  const { message } = (run.error ?? { message: "" }) as { readonly message: string }
  const took = `${(run.durationMs / 1000).toFixed(1)} s`
  return [run.runId, run.outcome, took, rowsText(run), run.checkpoint_id ?? "", under(message)]
    .filter((fact) => fact !== "")
    .join("  ")
}
