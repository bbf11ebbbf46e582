import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { NotConnected } from "../../../services/domain/AuthError.ts"
import type { ConnectorStatus } from "../../../services/domain/ConnectorStatus.ts"
import { isKeyError } from "../../../services/domain/KeyError.ts"
import { type ErrorDocument, tagOf } from "../../../services/domain/ErrorDocument.ts"
import { waitsForSignIn } from "../../../services/domain/waitsForSignIn.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { demandConnectors } from "../../answers/connectorNames.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { answer, wantsJson } from "../output.ts"
import { problemLines } from "../problemLines.ts"
import { under } from "../runText.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { isTry } from "../tries.ts"

export const status = Command.make(
  "status",
  { targets: targets("connector"), project: projectFlag },
  Effect.fn("cli.status")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [name] = rest
    yield* Effect.gen(function* () {
      if (name === undefined) yield* demandConnectors
      const connectors = yield* ConnectorCatalog.use((catalog) =>
        name === undefined ? catalog.statuses : Effect.map(catalog.status(name), (one) => [one]),
      )
      yield* keepEditorFiles
      const waits = wantsJson() ? new Map<string, string>() : yield* waitsOf(connectors)
      yield* answer({ connectors }, (document) => forPeople(document, waits))
    }).pipe(Effect.provide(coreAt(directory)))
  }),
).pipe(
  Command.withDescription(
    "Show each connector, or the one named: whether it is connected, when it last ran, and what is wrong",
  ),
  Command.withExamples([
    { command: "openislands status", description: "Show what is connected, stale or failing" },
    { command: "openislands status weather", description: "Show one connector" },
    {
      command: "openislands status -p my-data --json",
      description: "The same of another project, for a program to read",
    },
  ]),
)

/** Which try each run that is under way waits for, if it logged nothing since; by connector. */
const waitsOf = Effect.fnUntraced(function* (connectors: ReadonlyArray<ConnectorStatus>) {
  const waits = new Map<string, string>()
  for (const connector of connectors) {
    const runId = runIdOf(connector)
    if (runId === null) continue
    // It says more of a run than is asked for: that it cannot be read is no reason to say nothing at all.
    const lines = yield* RunLog.use((log) => log.lines(runId)).pipe(Effect.orElseSucceed(() => []))
    const last = lines.at(-1)
    if (last !== undefined && isTry(last)) waits.set(connector.name, `waits since ${last.at}: ${last.text}`)
  }
  return waits
})

const forPeople = (
  { connectors }: { readonly connectors: ReadonlyArray<ConnectorStatus> },
  waits: ReadonlyMap<string, string>,
): string =>
  connectors.length === 0
    ? 'no connectors: declare one under "connectors" in manifest.json'
    : connectors.map((connector) => shown(connector, waits.get(connector.name) ?? null)).join("\n")

const shown = (connector: ConnectorStatus, wait: string | null): string => {
  const facts = [
    connector.description,
    `schedule: ${connector.schedule === null ? "manual" : scheduleText(connector.schedule)}`,
    lastText(connector),
    connector.lastSuccess === connector.lastSync ? null : `last success: ${connector.lastSuccess ?? "never"}`,
    connector.stale === null ? null : `stale: ${connector.stale}`,
    wait,
    runIdOf(connector) === null ? null : `to end it: openislands cancel ${runIdOf(connector)}`,
    `next sync: ${connector.nextSync === null ? "" : `${connector.nextSync}, `}${connector.nextSyncReason}`,
    ...Object.entries(connector.datasets).map(([output, dataset]) => `${output} -> ${dataset}`),
    ...problemsOf(connector),
  ]
  return [
    `${connector.name}  ${stateOf(connector)}`,
    ...facts.filter((fact) => fact !== null).map((fact) => `  ${under(fact)}`),
  ].join("\n")
}

/** Of the run that is under way. */
const runIdOf = ({ running }: ConnectorStatus): string | null => running?.runId ?? null

const stateOf = (connector: ConnectorStatus): string => {
  if (connector.running !== null) return "running"
  if (connector.loadError !== null) return "does not load"
  if (connector.missingSecrets.length > 0) return `needs ${connector.missingSecrets.join(", ")} in .env`
  if (connector.connected) return endOf(connector) === "failed" ? "connected, but failing" : "connected"
  return isKeyError(connector.lastError) ? "needs the key of its tokens" : "not connected"
}

const lastText = (connector: ConnectorStatus): string => {
  const end = endOf(connector)
  return end === null ? `last sync: ${connector.lastSync ?? "never"}` : `last try: ${connector.lastSync}, ${end}`
}

/** How its last sync ended; null where that was well, or there was none. */
const endOf = ({ lastSync, lastError }: ConnectorStatus): "failed" | "cancelled" | null => {
  if (lastSync === null || lastError === null) return null
  return tagOf(lastError) === "SyncCancelled" ? "cancelled" : "failed"
}

const scheduleText = (schedule: ConnectorStatus["schedule"]): string =>
  typeof schedule === "string" ? schedule : JSON.stringify(schedule)

/** What keeps it from running now comes before what its last try failed for. */
const problemsOf = (connector: ConnectorStatus): ReadonlyArray<string> => {
  const lastError = connector.lastError as ErrorDocument | null
  const [now, last] = [problemLines(connector.loadError as ErrorDocument | null), problemLines(lastError)]
  if (waitsForSignIn(connector)) {
    if (tagOf(lastError) === "NotConnected") return [...last, ifItFails]
    const { suggestion } = new NotConnected({ connector: connector.name, why: null })
    return [`next: ${suggestion}`, ifItFails, ...problemLines(lastError, "error of the last try")]
  }
  // A run that failed because the connector does not load says the same once more.
  return now[0] === last[0] ? now : [...now, ...last]
}

const ifItFails = "  If that fails, the server's log says why."
