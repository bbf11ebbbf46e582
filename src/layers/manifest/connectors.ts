import { Effect, Result } from "effect"
import { parseDuration, parseSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { ConnectorEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetShared, InvalidSchedule, TwoDatabases } from "../../services/domain/ManifestProblem.ts"
import type { Project } from "../../services/Project.ts"
import type { Datasets } from "./datasets.ts"
import { type Entry, type Place, valueOf } from "./document.ts"
import { type Findings, written } from "./findings.ts"
import { confine } from "./paths.ts"
import { checkPermissions } from "./permissions.ts"
import { checkNames } from "./structure.ts"

export const connectorKeys = [
  "module",
  "datasets",
  "schedule",
  "config",
  "description",
  "timeout",
  "permissions",
] as const

export const checkConnectors = Effect.fnUntraced(function* (
  findings: Findings,
  project: Project["Service"],
  datasets: Datasets,
  section: Place | undefined,
) {
  const entries = section === undefined ? [] : (findings.entries(section) ?? [])
  checkNames(findings, entries, "connector")
  const checked = yield* Effect.forEach(entries, (entry) => checkConnector(findings, project, datasets, entry), {
    concurrency: 32,
  })
  const sound = new Map<string, ConnectorEntry>()
  const modules = new Map<string, Found>()
  for (const [index, { name, path }] of entries.entries()) {
    const found = checked[index] ?? null
    if (found === null) continue
    modules.set(name, found)
    if (found.datasets !== null && findings.isSound(path)) sound.set(name, { ...found, datasets: found.datasets })
  }
  return { sound, modules, names: [...new Set(entries.map(({ name }) => name))] }
})

/** Null for datasets that cannot all be written to. */
type Found = Omit<ConnectorEntry, "datasets"> & { readonly datasets: ConnectorEntry["datasets"] | null }

const checkConnector = Effect.fnUntraced(function* (
  findings: Findings,
  project: Project["Service"],
  datasets: Datasets,
  entry: Entry,
): Effect.fn.Return<Found | null> {
  const fields = findings.fields(entry, connectorKeys)
  if (fields === null) return null
  const moduleAt = fields.get("module")
  if (moduleAt === undefined) findings.missing(entry, "module", "is missing; it names the connector's directory")
  const module = moduleAt === undefined ? null : findings.text(moduleAt)
  const directory =
    moduleAt === undefined || module === null ? null : yield* confine(findings, project, moduleAt, module)
  const outputs = checkOutputs(findings, datasets, entry, fields.get("datasets"))
  const schedule = checkSchedule(findings, entry, fields.get("schedule"))
  const config = fields.get("config")
  const description = findings.optionalText(fields.get("description"))
  const timeout = checkTimeout(findings, fields.get("timeout"))
  const permissions = yield* checkPermissions(findings, project, fields.get("permissions"))
  if (module === null || directory === null) return null
  return {
    name: entry.name,
    module,
    directory,
    datasets: outputs,
    schedule,
    config: config === undefined ? {} : valueOf(config.node),
    description,
    timeout,
    permissions,
  }
})

/** Output -> dataset; null unless each leads to a dataset that rows can be written to. */
const checkOutputs = (findings: Findings, datasets: Datasets, connector: Entry, place: Place | undefined) => {
  if (place === undefined) {
    findings.missing(connector, "datasets", "is missing; it maps each output of the connector to a dataset")
    return null
  }
  const entries = findings.entries(place)
  if (entries === null) return null
  checkNames(findings, entries, "output")
  const outputs = new Map<string, string>()
  const writers = new Map<string, string>()
  let database: SourceDataset | null = null
  for (const entry of entries) {
    const target = datasets.target(entry)
    if (target !== null) outputs.set(entry.name, target.name)
    if (target?.format === "sqlite") {
      const other = (database ??= target)
      const datasets = [other.name, target.name]
      if (other.file !== target.file)
        findings.report(entry, (at) => new TwoDatabases({ ...at, connector: connector.name, datasets }))
    }
    if (entry.node.type !== "string") continue
    const dataset = entry.node.value as string
    const other = writers.get(dataset)
    if (other === undefined) writers.set(dataset, entry.name)
    else if (other !== entry.name)
      findings.report(entry, (at) => new DatasetShared({ ...at, dataset, outputs: [other, entry.name] }))
  }
  return outputs.size === entries.length ? outputs : null
}

const checkSchedule = (findings: Findings, connector: Entry, place: Place | undefined) => {
  if (place === undefined) return null
  const schedule = parseSchedule(valueOf(place.node))
  if (Result.isSuccess(schedule)) return schedule.success
  const detail = schedule.failure
  findings.report(place, (at) => new InvalidSchedule({ ...at, connector: connector.name, detail }))
  return null
}

/** What a timer can hold (2^31 ms); beyond it would fire at once. */
const longestTimeout = 24 * 86_400_000

const checkTimeout = (findings: Findings, place: Place | undefined): number | null => {
  if (place === undefined) return null
  const timeout = typeof place.node.value === "string" ? parseDuration(place.node.value) : null
  if (timeout === null) findings.field(place, `must be a duration such as "10m", not ${written(place)}`)
  else if (timeout > longestTimeout) findings.field(place, 'must be at most "24d"')
  return timeout
}
