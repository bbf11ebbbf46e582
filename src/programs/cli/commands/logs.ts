import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { theRun } from "../theRun.ts"

export const logs = Command.make(
  "logs",
  { targets: targets("runId"), project: projectFlag },
  Effect.fn("cli.logs")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const runId = yield* theRun(targets, rest)
    const lines = yield* RunLog.use((log) => log.lines(runId)).pipe(Effect.provide(coreAt(directory)))
    if (wantsJson()) return yield* printJson({ lines })
    if (lines.length > 0) yield* print(lines.map(({ text }) => text).join("\n"))
  }),
).pipe(
  Command.withDescription("Print what a run logged"),
  Command.withExamples([
    {
      command: "openislands logs 20260102T030405678-weather-8a56d4aa",
      description: 'Print what a run logged; "openislands runs" has the ids',
    },
  ]),
)
