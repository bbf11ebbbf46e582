import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { connectorOf } from "../../../layers/runs/runId.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { isName } from "../../../services/domain/Name.ts"
import { RunLocks } from "../../../services/RunLocks.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { print, sayError, printJson, wantsJson } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { theRun } from "../theRun.ts"

export const logs = Command.make(
  "logs",
  { targets: targets("runId-or-connector"), project: projectFlag },
  Effect.fn("cli.logs")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const given = yield* theRun(targets, rest)
    yield* Effect.gen(function* () {
      const newest = yield* newestOf(given)
      const runId = newest ?? given
      const lines = yield* RunLog.use((log) => log.lines(runId))
      if (wantsJson()) return yield* printJson({ lines })
      if (newest !== null) yield* sayError(`of the newest run: ${newest}`)
      if (lines.length > 0) return yield* print(lines.map(({ text }) => text).join("\n"))
      yield* sayError(`nothing was logged${yield* whyNothing(runId)}`)
    }).pipe(Effect.provide(coreAt(directory)))
  }),
).pipe(
  Command.withDescription("Print what a run logged, or the newest run of a connector"),
  Command.withExamples([
    {
      command: "openislands logs 20260102T030405678-weather-8a56d4aa",
      description: 'Print what a run logged; "openislands runs" has the ids',
    },
    { command: "openislands logs weather", description: "Print what the newest run of a connector logged" },
  ]),
)

/** Of a connector, also one that is under way; null for what is no connector that has run. */
const newestOf = Effect.fnUntraced(function* (connector: string) {
  if (!isName(connector) || connectorOf(connector) !== null) return null
  const holder = yield* RunLocks.use((locks) => locks.holder(connector))
  if (holder !== null && holder.runId !== null) return holder.runId
  const [newest] = yield* RunLog.use((log) => log.list(connector, 1))
  return newest?.runId ?? null
})

/** A run that failed before its connector began has logged nothing; its record says why. */
const whyNothing = Effect.fnUntraced(function* (runId: string) {
  const run = yield* RunLog.use((log) => log.get(runId)).pipe(Effect.catchTag("UnknownRun", () => Effect.succeed(null)))
  const { message, suggestion } = (run?.error ?? {}) as Partial<ErrorDocument>
  if (message === undefined) return ""
  return `; the run failed: ${message}${suggestion == null ? "" : `\n  ${suggestion}`}`
})
