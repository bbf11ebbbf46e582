import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { RunLog, UnknownRun } from "../../../services/RunLog.ts"
import { UsageError } from "../failure.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { isProject, projectFlag, resolveTarget, targets } from "../target.ts"

export const logs = Command.make(
  "logs",
  { targets: targets("runId"), project: projectFlag },
  Effect.fn("cli.logs")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [runId] = rest
    if (runId === undefined) {
      const [given] = targets
      // What looks like a directory and is no project was meant to be a run.
      if (given !== undefined && !isProject(given)) return yield* new UnknownRun({ runId: given })
      return yield* new UsageError("which run?", 'Name one: "openislands runs" lists them.')
    }
    const lines = yield* RunLog.use((log) => log.lines(runId)).pipe(Effect.provide(coreAt(directory)))
    if (wantsJson()) return yield* printJson({ lines })
    if (lines.length > 0) yield* print(lines.map(({ text }) => text).join("\n"))
  }),
).pipe(Command.withDescription("Print what a run logged"))
