import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { UsageError } from "../failure.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const logs = Command.make(
  "logs",
  { targets: targets("runId"), project: projectFlag },
  Effect.fn("cli.logs")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [runId] = rest
    if (runId === undefined) return yield* new UsageError({ detail: 'which run? "openislands runs" lists them' })
    const lines = yield* RunLog.use((log) => log.lines(runId)).pipe(Effect.provide(coreAt(directory)))
    if (wantsJson()) return yield* printJson({ lines })
    if (lines.length > 0) yield* print(lines.map(({ text }) => text).join("\n"))
  }),
).pipe(Command.withDescription("Print what a run logged"))
