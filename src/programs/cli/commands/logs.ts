import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { connectorOf } from "../../../layers/runs/runId.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { isName } from "../../../services/domain/Name.ts"
import { RunLocks } from "../../../services/RunLocks.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { connectorNames } from "../../answers/connectorNames.ts"
import { asItStands, holderOf } from "../../answers/runs.ts"
import { answer, print, printJson, sayError, wantsJson } from "../output.ts"
import { isProject, projectFlag, resolveTarget, targets } from "../target.ts"
import { theOnly } from "../theOnly.ts"
import { theRun } from "../theRun.ts"

export const logs = Command.make(
  "logs",
  { targets: targets("runId-or-connector"), project: projectFlag },
  Effect.fn("cli.logs")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const named =
      targets.length === 0 || (rest.length === 0 && isProject(directory)) ? null : yield* theRun(targets, rest)
    yield* Effect.gen(function* () {
      const given = named ?? (yield* theOnly(whose))
      const newest = yield* newestOf(given)
      if (newest === null && (yield* isConnector(given)))
        return yield* answer({ lines: [] }, () => "nothing has run yet")
      const runId = newest ?? given
      const lines = yield* RunLog.use((log) => log.lines(runId))
      if (wantsJson()) return yield* printJson({ lines })
      if (newest !== null) yield* sayError(`of the newest run: ${newest}`)
      if (lines.length > 0) yield* print(lines.map(({ text }) => text).join("\n"))
      const end = yield* endOf(runId)
      yield* sayError([...(lines.length === 0 ? ["nothing was logged"] : []), ...end].join("; "))
    }).pipe(Effect.provide(coreAt(directory)))
  }),
).pipe(
  Command.withDescription(
    "Print what a run logged and how it ended, or the newest run of a connector (of the only one, if none is named)",
  ),
  Command.withExamples([
    {
      command: "openislands logs 20260102T030405678-weather-8a56d4aa",
      description: 'Print what a run logged; "openislands runs" has the ids',
    },
    { command: "openislands logs weather", description: "Print what the newest run of a connector logged" },
  ]),
)

const whose = 'openislands logs <connector>, or a run that "openislands runs" lists'

/** Of a connector, also one that is under way; null for what is no connector that has run. */
const newestOf = Effect.fnUntraced(function* (connector: string) {
  if (!isName(connector) || connectorOf(connector) !== null) return null
  const holder = yield* RunLocks.use((locks) => locks.holder(connector))
  if (holder !== null && holder.runId !== null) return holder.runId
  const [newest] = yield* RunLog.use((log) => log.list(connector, 1))
  return newest?.runId ?? null
})

/** A run is told of however the manifest is. */
const isConnector = (name: string) => Effect.map(connectorNames, (names) => names?.includes(name) === true)

/** How it ended, as its last lines may not tell; one that failed before its connector began has logged nothing at all. */
const endOf = Effect.fnUntraced(function* (runId: string) {
  const run = yield* RunLog.use((log) => log.get(runId)).pipe(
    Effect.flatMap(asItStands),
    Effect.catchTag("UnknownRun", () => Effect.succeed(null)),
  )
  if (run === null) {
    // There is no record of it until it has committed something, or ended.
    return (yield* holderOf(runId)) === null ? ["the run broke off"] : [endings.running]
  }
  const { message, suggestion } = (run.error ?? {}) as Partial<ErrorDocument>
  if (message === undefined) return [endings[run.outcome]]
  const next = suggestion?.replace(/ ?"openislands logs \S+" shows what it logged before\.$/, "") ?? ""
  return [`${endings[run.outcome]}: ${message}${next === "" ? "" : `\n  ${next}`}`]
})

const endings = {
  running: "the run goes on",
  success: "the run succeeded",
  partial: "the run failed after a part of it",
  failure: "the run failed",
  skipped: "the run was skipped",
}
