import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { NotConnected } from "../../../services/domain/AuthError.ts"
import type { ConnectorStatus } from "../../../services/domain/ConnectorStatus.ts"
import { isKeyError } from "../../../services/domain/KeyError.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const status = Command.make(
  "status",
  { targets: targets("connector"), project: projectFlag },
  Effect.fn("cli.status")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [name] = rest
    const connectors = yield* ConnectorCatalog.use((catalog) =>
      name === undefined ? catalog.statuses : Effect.map(catalog.status(name), (one) => [one]),
    ).pipe(Effect.tap(keepEditorFiles), Effect.provide(coreAt(directory)))
    yield* answer({ connectors }, forPeople)
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

const forPeople = ({ connectors }: { readonly connectors: ReadonlyArray<ConnectorStatus> }): string =>
  connectors.length === 0
    ? 'no connectors: declare one under "connectors" in manifest.json'
    : connectors.map(shown).join("\n")

const shown = (connector: ConnectorStatus): string => {
  const facts = [
    connector.description,
    `schedule: ${connector.schedule === null ? "manual" : scheduleText(connector.schedule)}`,
    `last sync: ${connector.lastSync ?? "never"}`,
    connector.lastSuccess === connector.lastSync ? null : `last success: ${connector.lastSuccess ?? "never"}`,
    connector.stale === null ? null : `stale: ${connector.stale}`,
    runIdOf(connector) === null ? null : `to end it: openislands cancel ${runIdOf(connector)}`,
    `next sync: ${connector.nextSync === null ? "" : `${connector.nextSync}, `}${connector.nextSyncReason}`,
    ...Object.entries(connector.datasets).map(([output, dataset]) => `${output} -> ${dataset}`),
    ...[connector.loadError, connector.lastError].flatMap(problem),
    ...signInStep(connector),
  ]
  return [
    `${connector.name}  ${stateOf(connector)}`,
    ...facts.filter((fact) => fact !== null).map((fact) => `  ${fact}`),
  ].join("\n")
}

/** Of the run that is under way. */
const runIdOf = ({ running }: ConnectorStatus): string | null => running?.runId ?? null

const stateOf = (connector: ConnectorStatus): string => {
  if (connector.running !== null) return "running"
  if (connector.loadError !== null) return "does not load"
  if (connector.missingSecrets.length > 0) return `needs ${connector.missingSecrets.join(", ")} in .env`
  if (connector.connected) return "connected"
  return isKeyError(connector.lastError) ? "needs the key of its tokens" : "not connected"
}

/** Of a connector that waits for a human. What came of an attempt to sign in was shown in a browser, and is in a log. */
const signInStep = (connector: ConnectorStatus): ReadonlyArray<string> => {
  const { name, auth, connected, missingSecrets, loadError, lastError } = connector
  if (auth !== "oauth2" || connected || missingSecrets.length > 0 || loadError !== null) return []
  const { _tag: tag } = (lastError ?? {}) as Partial<ErrorDocument>
  if (tag !== undefined && tag !== "NotConnected") return []
  const { suggestion } = new NotConnected({ connector: name, why: null })
  return [
    ...(tag === undefined ? [`next: ${suggestion}`] : []),
    '  A sign-in that failed is in the log of "openislands serve", with its reason.',
  ]
}

const scheduleText = (schedule: ConnectorStatus["schedule"]): string =>
  typeof schedule === "string" ? schedule : JSON.stringify(schedule)

const problem = (document: unknown): ReadonlyArray<string> => {
  if (document === null) return []
  const { message, suggestion } = document as ErrorDocument
  return [`error: ${message}`, ...(suggestion === null ? [] : [`  ${suggestion}`])]
}
