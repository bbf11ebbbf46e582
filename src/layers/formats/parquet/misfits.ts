import { CellIssue } from "../decode.ts"
import { parseJson } from "../losslessJson.ts"
import { describe } from "../rowError.ts"
import type { DuckDb } from "./duckDb.ts"
import { type FileColumn, tableOf } from "./fileColumns.ts"

/** The first value that has no place in our types: one that `suspects` are known to have, or text that isn't JSON. */
export async function firstMisfit(
  duckDb: DuckDb,
  file: string,
  columns: ReadonlyArray<FileColumn>,
  suspects: ReadonlyArray<FileColumn>,
): Promise<CellIssue | null> {
  let first = await brokenJson(duckDb, file, columns)
  for (const column of suspects) {
    if (column.misfit === null) continue
    const issue = await firstWhere(duckDb, file, columns, { column, ...column.misfit })
    if (issue !== null && (first === null || rowOf(issue) < rowOf(first))) first = issue
  }
  return first
}

const rowOf = ({ row }: CellIssue): number => row ?? 0

/** Characters of a value in an issue: bytes may be many. */
const mostShown = 60

/** The first row of which `sql` is true for the value of `column`. Fails as DuckDB does. */
export async function firstWhere(
  duckDb: DuckDb,
  file: string,
  columns: ReadonlyArray<FileColumn>,
  { column, sql, expected }: { readonly column: FileColumn; readonly sql: string; readonly expected: string },
): Promise<CellIssue | null> {
  const ref = `c${columns.indexOf(column)}`
  const [found] = await duckDb.rows(
    `SELECT row, left(CAST(${ref} AS VARCHAR), ${mostShown + 1}) FROM (SELECT row_number() OVER () - 1 AS row, ${ref} FROM ` +
      `${tableOf([file], columns.length)}) WHERE ${ref} IS NOT NULL AND ${sql} ORDER BY row LIMIT 1`,
  )
  if (found === undefined) return null
  const got = String(found[1])
  const shown = got.length > mostShown ? `${got.slice(0, mostShown)}…` : got
  return new CellIssue(Number(found[0]), column.name, expected, shown)
}

/** Parsed as a reader will, because DuckDB takes NaN and trailing commas for JSON, and makes NaN of nested floats. */
async function brokenJson(duckDb: DuckDb, file: string, columns: ReadonlyArray<FileColumn>): Promise<CellIssue | null> {
  const json = columns.filter(({ type }) => type === "json")
  if (json.length === 0) return null
  const values = json.map(({ value }) => value).join(", ")
  let done = 0
  for await (const chunk of duckDb.chunks(`SELECT ${values} FROM ${tableOf([file], columns.length)}`)) {
    const texts = chunk.getColumns()
    for (let at = 0; at < chunk.rowCount; at++) {
      for (const [index, { name }] of json.entries()) {
        const text = texts[index]![at]
        if (typeof text === "string" && !isJson(text)) return new CellIssue(done + at, name, "JSON", describe(text))
      }
    }
    done += chunk.rowCount
  }
  return null
}

function isJson(text: string): boolean {
  try {
    parseJson(text)
    return true
  } catch {
    return false
  }
}
