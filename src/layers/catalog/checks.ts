import { Result } from "effect"
import { type ConnectorSchedule, parseSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { Description } from "../../services/domain/Description.ts"
import type { ConnectorEntry } from "../../services/domain/Manifest.ts"
import {
  InvalidConfig,
  InvalidSchedule,
  type ManifestProblem,
  UnknownKey,
  UnknownOutput,
} from "../../services/domain/ManifestProblem.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import type { SourcePosition } from "../host/stack.ts"
import { configDetail } from "./configDetail.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"

/** What a connector says is wrong with its config is of no bound: issues that are told, and levels of one's place. */
const mostIssues = 100
const deepest = 100

/** What the manifest says of a connector, held against what the connector declares. */
export const declarationProblems = (
  checked: CheckedManifest,
  entry: ConnectorEntry,
  { declaration, config }: Description,
  definition: () => SourcePosition,
): ReadonlyArray<ManifestProblem> => {
  const connector = entry.name
  const problems: Array<ManifestProblem> = []
  const outputs = declaration.outputs.map(({ name }) => name)
  for (const output of entry.datasets.keys()) {
    if (outputs.includes(output)) continue
    const position = checked.locate(["connectors", connector, "datasets", output])
    problems.push(
      new UnknownOutput({ ...position, connector, output, outputs, didYouMean: didYouMean(output, outputs) }),
    )
  }
  if (!config.ok) {
    for (const { path, message } of config.issues.slice(0, mostIssues)) {
      const issue = { path: path.slice(0, deepest), message }
      const position = checked.locate(["connectors", connector, "config", ...issue.path])
      problems.push(new InvalidConfig({ ...position, connector, detail: configDetail(entry.config, issue) }))
    }
  }
  if (entry.schedule === null && declaration.schedule !== null) {
    const parsed = parseSchedule(declaration.schedule)
    if (Result.isFailure(parsed)) {
      const { path } = checked.locate(["connectors", connector, "module"])
      const detail = `${parsed.failure} (the connector's own default)`
      problems.push(new InvalidSchedule({ ...definition(), path, connector, detail }))
    }
  }
  return problems
}

/** The manifest's value, falling back to the connector's default. */
export const effectiveSchedule = (entry: ConnectorEntry, { declaration }: Description): ConnectorSchedule | null => {
  if (entry.schedule !== null || declaration.schedule === null) return entry.schedule
  const parsed = parseSchedule(declaration.schedule)
  return Result.isSuccess(parsed) ? parsed.success : null
}

/** zod drops unknown keys in silence, so a typing error in an optional one would go unnoticed. */
export const unknownConfigKeys = (
  checked: CheckedManifest,
  entry: ConnectorEntry,
  { configSchema }: Description,
): ReadonlyArray<UnknownKey> => {
  if (!isObject(configSchema) || configSchema["additionalProperties"] !== undefined) return []
  const properties = configSchema["properties"]
  if (!isObject(properties) || !isObject(entry.config)) return []
  const known = Object.keys(properties)
  return Object.keys(entry.config)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const position = checked.locate(["connectors", entry.name, "config", key])
      return new UnknownKey({ ...position, key, didYouMean: didYouMean(key, known) })
    })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A misspelt key of the definition would pass for one that was left out. */
export const unknownDefinitionKeys = (
  { unknownKeys }: Description,
  definition: () => SourcePosition,
): ReadonlyArray<UnknownKey> =>
  unknownKeys.map(
    ({ path, key, known }) => new UnknownKey({ ...definition(), path, key, didYouMean: didYouMean(key, known) }),
  )
