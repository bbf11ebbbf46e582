import { Effect } from "effect"
import type { DatasetEntry, Format } from "../../services/domain/Manifest.ts"
import { InvalidPath } from "../../services/domain/ManifestProblem.ts"
import type { Project } from "../../services/Project.ts"
import type { Entry, Place } from "./document.ts"
import type { Findings } from "./findings.ts"
import { confine } from "./paths.ts"

/** One entry under `datasets`; `dataset` is null when it cannot be told what is meant, `kind` may be known even so. */
export interface CheckedDataset {
  readonly entry: Entry
  /** Where its `source` or `sql` is written. */
  readonly place: Place
  readonly kind: DatasetEntry["kind"] | null
  readonly dataset: DatasetEntry | null
}

export const datasetKeys = ["source", "table", "sql", "description", "onDrift", "onEmpty"] as const

export const formats = new Map<string, Format>([
  ["csv", "csv"],
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["parquet", "parquet"],
  ["sqlite", "sqlite"],
  ["db", "sqlite"],
])

export const checkDataset = Effect.fnUntraced(function* (
  findings: Findings,
  project: Project["Service"],
  entry: Entry,
): Effect.fn.Return<CheckedDataset> {
  const fields = findings.fields(entry, datasetKeys)
  if (fields === null) return { entry, place: entry, kind: null, dataset: null }
  const { name } = entry
  const description = findings.optionalText(fields.get("description"))
  const onDrift = findings.oneOf(fields.get("onDrift"), ["reject", "evolve"]) ?? "reject"
  const onEmpty = findings.oneOf(fields.get("onEmpty"), ["clear", "keep", "fail"]) ?? "clear"

  const source = fields.get("source")
  const sql = fields.get("sql")
  if (source !== undefined && sql !== undefined) {
    findings.field(entry, 'has both a "source" and a "sql" file; it can only be one of them')
    return { entry, place: entry, kind: null, dataset: null }
  }
  if (source !== undefined) {
    const found = yield* checkSource(findings, project, source)
    const table = checkTable(findings, entry, fields.get("table"), found?.format ?? null)
    const dataset = found && ({ kind: "source", name, ...found, table, description, onDrift, onEmpty } as const)
    return { entry, place: source, kind: "source", dataset }
  }
  if (sql !== undefined) {
    for (const key of ["table", "onDrift", "onEmpty"]) {
      const misplaced = fields.get(key)
      if (misplaced !== undefined) findings.field(misplaced, 'belongs to a dataset with a "source"')
    }
    const file = yield* checkSql(findings, project, sql)
    const dataset = file === null ? null : ({ kind: "sql", name, file, description } as const)
    return { entry, place: sql, kind: "sql", dataset }
  }
  findings.field(entry, 'has neither a "source" nor a "sql" file')
  return { entry, place: entry, kind: null, dataset: null }
})

const checkSource = Effect.fnUntraced(function* (findings: Findings, project: Project["Service"], place: Place) {
  const source = findings.text(place)
  if (source === null) return null
  const format = formats.get(/\.([a-z]+)$/i.exec(source)?.[1]?.toLowerCase() ?? "")
  if (format === undefined) findings.field(place, `must end in .${[...formats.keys()].join(", .")}`)
  const file = yield* confine(findings, project, place, source)
  if (file === null || format === undefined) return null
  if (file === project.layout.manifest) {
    const detail = "the manifest cannot be a dataset"
    findings.report(place, (at) => new InvalidPath({ ...at, written: source, detail }))
  }
  return { source, file, format }
})

const checkSql = Effect.fnUntraced(function* (findings: Findings, project: Project["Service"], place: Place) {
  const sql = findings.text(place)
  if (sql === null) return null
  if (/\.sql$/i.test(sql)) return yield* confine(findings, project, place, sql)
  findings.field(place, "must be the path of a .sql file, which holds one SELECT")
  return null
})

const checkTable = (
  findings: Findings,
  entry: Entry,
  place: Place | undefined,
  format: Format | null,
): string | null => {
  if (place === undefined) {
    if (format === "sqlite") findings.missing(entry, "table", "is missing; a database file holds many tables")
    return null
  }
  const table = findings.text(place)
  if (format !== null && format !== "sqlite") findings.field(place, "belongs to .sqlite and .db files only")
  else if (table?.includes("\0")) findings.field(place, "must not hold a NUL character")
  else if (/^sqlite_/i.test(table ?? "")) findings.field(place, "is one of SQLite's own tables")
  // Its rows would be lost with the next commit.
  else if (/^_openislands$/i.test(table ?? "")) findings.field(place, "is the table in which syncs leave their mark")
  return table
}
