import { Effect, Result } from "effect"
import { existsSync } from "node:fs"
import * as path from "node:path"
import type { DatasetStore, ReadError } from "../../services/DatasetStore.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import { errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { DatasetEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { Project } from "../../services/Project.ts"
import type { DatasetDescription } from "../../services/QueryService.ts"
import { type Checked, checkSqlDatasets } from "./session.ts"

type Contracts = ReadonlyMap<string, Result.Result<Contract | null, ReadError>>

/** Every dataset, sound or not, in the manifest's order. */
export const describeAll = Effect.fnUntraced(function* (
  project: Project["Service"],
  store: DatasetStore["Service"],
  checked: CheckedManifest,
) {
  const entries = [...checked.manifest.datasets.values()]
  const contracts = yield* contractsOf(store, entries)
  const hasSql = entries.some(({ kind }) => kind === "sql")
  const queries = hasSql ? yield* checkSqlDatasets(project, checked, readable(contracts)) : null
  const outputs = outputsOf(checked)
  const describe = (entry: DatasetEntry): DatasetDescription => {
    const common = {
      name: entry.name,
      kind: entry.kind,
      description: entry.description,
      exists: existsSync(entry.file),
      outputs: outputs.get(entry.name) ?? [],
    }
    return entry.kind === "source"
      ? { ...common, ...sourceFacts(entry, contracts) }
      : { ...common, ...sqlFacts(project, entry, queries) }
  }
  return checked.datasetNames.map((name) => {
    const entry = checked.manifest.datasets.get(name)
    return entry === undefined ? brokenOf(checked, name) : describe(entry)
  })
})

/** What `validate` has to say of sql datasets. */
export const sqlProblems = Effect.fnUntraced(function* (
  project: Project["Service"],
  store: DatasetStore["Service"],
  checked: CheckedManifest,
) {
  const contracts = yield* contractsOf(store, [...checked.manifest.datasets.values()])
  const { problems } = yield* checkSqlDatasets(project, checked, readable(contracts))
  return [...checked.manifest.datasets.keys()].flatMap((name) => problems.get(name) ?? [])
})

const contractsOf = Effect.fnUntraced(function* (store: DatasetStore["Service"], entries: ReadonlyArray<DatasetEntry>) {
  const sources = entries.filter((entry) => entry.kind === "source")
  const read = yield* Effect.forEach(sources, (source) => store.contract(source).pipe(Effect.result))
  return new Map(sources.map(({ name }, at) => [name, read[at]!])) satisfies Contracts
})

const readable = (contracts: Contracts): ReadonlyMap<string, Contract | null> =>
  new Map([...contracts].flatMap(([name, found]) => (Result.isSuccess(found) ? [[name, found.success]] : [])))

const sourceFacts = ({ name, source, table, format }: SourceDataset, contracts: Contracts) => {
  const found = contracts.get(name)!
  const contract = Result.isSuccess(found) ? found.success : null
  return {
    source,
    sql: null,
    table,
    format,
    rows: Result.isSuccess(found) && contract === null ? 0 : null,
    columns: contract?.columns.map(({ name, type, optional }) => ({ name, type, optional })) ?? null,
    error: Result.isFailure(found) ? errorDocument(found.failure) : null,
  }
}

const sqlFacts = (project: Project["Service"], { name, file }: DatasetEntry, queries: Checked | null) => {
  const problem = queries?.problems.get(name) ?? null
  return {
    source: null,
    sql: path.relative(project.root, file),
    table: null,
    format: null,
    rows: null,
    columns: queries?.columns.get(name)?.map(({ name, type }) => ({ name, type, optional: true })) ?? null,
    error: problem === null ? null : errorDocument(problem),
  }
}

const outputsOf = (checked: CheckedManifest) => {
  const outputs = new Map<string, Array<{ readonly connector: string; readonly output: string }>>()
  for (const { name, datasets } of checked.manifest.connectors.values()) {
    for (const [output, dataset] of datasets) {
      outputs.set(dataset, [...(outputs.get(dataset) ?? []), { connector: name, output }])
    }
  }
  return outputs
}

/** An entry that cannot be used, with the first thing that is wrong with it. */
const brokenOf = ({ problemOfDataset }: CheckedManifest, name: string): DatasetDescription => {
  const problem = problemOfDataset(name)
  return {
    name,
    kind: null,
    source: null,
    sql: null,
    table: null,
    format: null,
    exists: false,
    rows: null,
    columns: null,
    outputs: [],
    description: null,
    error: problem === null ? null : errorDocument(problem),
  }
}
