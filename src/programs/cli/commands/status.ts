import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import type { ConnectorStatus } from "../../../services/domain/ConnectorStatus.ts"
import { isKeyError } from "../../../services/domain/KeyError.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { answer } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const status = Command.make(
  "status",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.status")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    const connectors = yield* ConnectorCatalog.use((catalog) => catalog.statuses).pipe(
      Effect.tap(keepEditorFiles),
      Effect.provide(coreAt(directory)),
    )
    yield* answer({ connectors }, forPeople)
  }),
).pipe(
  Command.withDescription("Show each connector: whether it is connected, when it last ran, and what is wrong"),
  Command.withExamples([
    { command: "openislands status", description: "Show what is connected, stale or failing" },
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

const scheduleText = (schedule: ConnectorStatus["schedule"]): string =>
  typeof schedule === "string" ? schedule : JSON.stringify(schedule)

const problem = (document: unknown): ReadonlyArray<string> => {
  if (document === null) return []
  const { message, suggestion } = document as ErrorDocument
  return [`error: ${message}`, ...(suggestion === null ? [] : [`  ${suggestion}`])]
}
