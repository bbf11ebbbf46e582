import { stat } from "node:fs/promises"
import type { Column, ColumnType, Contract } from "../../../services/domain/Contract.ts"
import { CellIssue } from "../decode.ts"
import { describe } from "../rowError.ts"
import type { Inferred } from "../userFile.ts"
import { DuckDb, pathLiteral } from "./duckDb.ts"
import { reading } from "./failures.ts"
import { columnsOf, type FileColumn, tableOf } from "./fileColumns.ts"
import { firstMisfit } from "./misfits.ts"

/** A Parquet file seen whole. */
export interface InferredParquet extends Inferred {
  /** The columns of the file, also when it has no rows and so no contract. */
  readonly columns: ReadonlyArray<Column>
}

interface Survey {
  readonly rows: number
  readonly columns: ReadonlyArray<FileColumn>
  /** How many values of each column are null. */
  readonly nulls: ReadonlyArray<number>
  readonly issue: CellIssue | null
}

/**
 * The contract of a file that the user brought. Integers of any width and decimals without places are `integer`, other
 * decimals and floats `number`, all timestamps `timestamp`, nested values and JSON `json`; bytes are text in base64,
 * and every other type is the text that DuckDB shows. A column of only nulls keeps its declared type. NaN, infinities
 * and dates beyond the year 9999 are an issue. Fails with `MalformedFile`, and with whatever the disk says.
 */
export async function inferParquet(file: string): Promise<InferredParquet> {
  const survey = await surveyOf(file)
  const columns = survey.columns.map(({ name, type }, at) => ({
    name,
    type,
    optional: survey.nulls[at]! > 0 || type === "unknown",
  }))
  const contract = survey.rows === 0 || survey.issue !== null ? null : { columns }
  return { rows: survey.rows, issue: survey.issue, contract, columns }
}

/** What of a file doesn't fit the contract, or null. Fails as `inferParquet` does. */
export async function checkParquet(file: string, contract: Contract): Promise<CellIssue | null> {
  const { rows, columns, nulls, issue } = await surveyOf(file)
  const names = new Set(columns.map(({ name }) => name))
  const missing = contract.columns.find(({ name }) => !names.has(name))
  if (missing !== undefined) return new CellIssue(null, missing.name, "a column of the file", "none")
  const declared = new Map(contract.columns.map((column) => [column.name, column.type]))
  for (const [at, { name, type, stored }] of columns.entries()) {
    const expected = declared.get(name)
    if (expected === undefined) return new CellIssue(null, name, "a column of the contract", "a new column")
    if (!fits(expected, type) && nulls[at]! < rows) return new CellIssue(null, name, expected, `a column of ${stored}`)
  }
  return issue
}

/** Whether values of one type are values of another, as rows of JSON Lines have it. */
function fits(expected: ColumnType, type: ColumnType): boolean {
  switch (expected) {
    case "json":
    case "unknown":
      return true
    case "number":
      return type === "number" || type === "integer"
    case "timestamp":
      return type === "timestamp" || type === "date"
    case "string":
      return type === "string" || type === "timestamp" || type === "date"
    default:
      return type === expected
  }
}

/** Rows of a file, as it says itself. */
export async function countParquet(file: string): Promise<number> {
  if ((await stat(file)).size === 0) return 0
  const duckDb = await DuckDb.open({ files: [file], temporary: null, mode: "read" })
  try {
    const [answer] = await reading(file, () => duckDb.rows(`SELECT count(*) FROM read_parquet(${pathLiteral(file)})`))
    return Number(answer![0])
  } finally {
    duckDb.close()
  }
}

async function surveyOf(file: string): Promise<Survey> {
  // Says of a file that isn't there what Node says, and an empty file is an empty dataset.
  if ((await stat(file)).size === 0) return { rows: 0, columns: [], nulls: [], issue: null }
  const duckDb = await DuckDb.open({ files: [file], temporary: null, mode: "read" })
  try {
    return await reading(file, async () => {
      const columns = await columnsOf(duckDb, file)
      const { rows, nulls, misfits } = await counts(duckDb, file, columns)
      const suspects = columns.filter((_, at) => misfits[at]! > 0)
      const issue = nameIssue(columns) ?? (await firstMisfit(duckDb, file, columns, suspects))
      return { rows, columns, nulls, issue }
    })
  } finally {
    duckDb.close()
  }
}

async function counts(duckDb: DuckDb, file: string, columns: ReadonlyArray<FileColumn>) {
  const values = columns.map((_, at) => `count(c${at})`)
  const misfits = columns.map(({ misfit }, at) =>
    misfit === null ? "0" : `count(*) FILTER (WHERE c${at} IS NOT NULL AND ${misfit.sql})`,
  )
  const [answer] = await duckDb.rows(
    `SELECT count(*), ${[...values, ...misfits].join(", ")} FROM ${tableOf([file], columns.length)}`,
  )
  const [rows, ...numbers] = answer!.map(Number)
  return {
    rows: rows!,
    nulls: numbers.slice(0, columns.length).map((count) => rows! - count),
    misfits: numbers.slice(columns.length),
  }
}

function nameIssue(columns: ReadonlyArray<FileColumn>): CellIssue | null {
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    if (name === "") return new CellIssue(null, name, "a column name", "an empty name")
    const other = seen.get(name.toLowerCase())
    if (other === name) return new CellIssue(null, name, "different column names", "the same name twice")
    if (other !== undefined) {
      return new CellIssue(null, name, "column names that differ by more than case", `also ${describe(other)}`)
    }
    seen.set(name.toLowerCase(), name)
  }
  return null
}
