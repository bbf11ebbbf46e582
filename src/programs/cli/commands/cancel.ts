import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { SyncService } from "../../../services/SyncService.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { theRun } from "../theRun.ts"

export const cancel = Command.make(
  "cancel",
  { targets: targets("runId"), project: projectFlag },
  Effect.fn("cli.cancel")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const runId = yield* theRun(targets, rest)
    const { connector } = yield* SyncService.use((service) => service.cancel(runId)).pipe(
      Effect.provide(coreAt(directory)),
    )
    yield* answer({ runId, cancelled: true }, () => `cancelled ${runId} (connector "${connector}")`)
  }),
).pipe(
  Command.withDescription("End a run that is under way, in whatever process it runs; nothing of it is written"),
  Command.withExamples([
    {
      command: "openislands cancel 20260102T030405678-weather-8a56d4aa",
      description: 'End a run; "openislands runs" has the id of one that is under way',
    },
  ]),
)
