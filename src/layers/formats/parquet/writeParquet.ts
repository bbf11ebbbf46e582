import { mkdtemp, rm, stat } from "node:fs/promises"
import * as path from "node:path"
import type { ColumnType, Contract } from "../../../services/domain/Contract.ts"
import { MalformedFile } from "../malformed.ts"
import { RowError } from "../rowError.ts"
import { storedType } from "./cells.ts"
import { copyQuery, copyRows } from "./copy.ts"
import { DuckDb, type Library } from "./duckDb.ts"
import { reading } from "./failures.ts"
import { columnsOf, type FileColumn, tableOf } from "./fileColumns.ts"
import { firstWhere } from "./misfits.ts"
import { writeJsonl } from "./widenedRows.ts"

export interface ParquetWrite {
  /** The file to write; one that is there is overwritten, and what a failure leaves of it is the caller's to remove. */
  readonly target: string
  /** The Parquet file whose rows come first; null or an empty file for none. Never the target. */
  readonly before: string | null
  /** JSON Lines, as `RowWriter` makes them; a key that a row lacks is null. */
  readonly staged: string
  readonly contract: Contract
  /** The contract of `before`. */
  readonly previous: Contract | null
  /** An existing directory for what is needed in between; all of it is removed again. */
  readonly temporary: string
}

/**
 * Writes the rows of `before` and then those of `staged`, both in order, with the columns of the contract in its order.
 * The same input makes the same bytes. Integers are kept in 64 bits, numbers as doubles, timestamps in microseconds of
 * UTC (neither their zone nor further digits), json as JSON text; a file of the user's takes on these types with the
 * first rows that follow its own, unless a value of it would be another one then. ZSTD, because it takes half the space of Snappy, or less, in no more time. Nothing is
 * synced to the disk here.
 * Throws `RowError` for a value that doesn't fit (`row` counts from 0 in the file that has it), `MalformedFile`, and
 * whatever the disk or DuckDB say.
 */
export async function writeParquet(options: ParquetWrite): Promise<{ readonly rows: number }> {
  const { target, staged, contract, temporary } = options
  if (contract.columns.length === 0) {
    throw new RowError({ row: 0, column: null, expected: "at least one column", got: "rows without any" })
  }
  const before = options.before === null || (await stat(options.before)).size === 0 ? null : options.before
  const scratch = await mkdtemp(path.join(temporary, "parquet-"))
  try {
    const files = before === null ? [target] : [before, target]
    const duckDb = await DuckDb.open({ files, temporary: scratch, mode: "write" })
    try {
      const rows =
        before === null
          ? await copyRows(duckDb, [staged], contract, target)
          : await append(duckDb, { ...options, before, scratch })
      return { rows }
    } finally {
      duckDb.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * The rows of a file as JSON Lines, if a file of ours with the columns of the contract would hold the same. Throws as
 * `writeParquet` does.
 */
export async function extractRows(
  file: string,
  contract: Contract,
  previous: Contract | null,
  target: string,
): Promise<void> {
  const duckDb = await DuckDb.open({ files: [file], temporary: null, mode: "read" })
  try {
    const columns = await reading(file, async () => {
      const found = await columnsOf(duckDb, file)
      await refuseLoss(duckDb, file, found, contract)
      return found
    })
    await writeJsonl(file, previous ?? contractOf(columns), target)
  } finally {
    duckDb.close()
  }
}

interface Append extends ParquetWrite {
  readonly before: string
  readonly scratch: string
}

async function append(duckDb: DuckDb, { before, staged, contract, previous, target, scratch }: Append) {
  const { columns, sql } = await reading(before, async () => {
    const found = await columnsOf(duckDb, before)
    await refuseLoss(duckDb, before, found, contract)
    return { columns: found, sql: await castSql(duckDb, before, found, contract) }
  })
  if (sql === null) {
    const kept = path.join(scratch, "before.jsonl")
    await writeJsonl(before, previous ?? contractOf(columns), kept)
    return await copyRows(duckDb, [kept, staged], contract, target)
  }
  const more = path.join(scratch, "staged.parquet")
  await copyRows(duckDb, [staged], contract, more)
  return await reading(before, async () => {
    let first = before
    if (!isStoredAs(duckDb, columns, contract)) {
      first = path.join(scratch, "before.parquet")
      await copyQuery(duckDb, sql, contract, first)
    }
    return await copyQuery(duckDb, `FROM ${tableOf([first, more], contract.columns.length)}`, contract, target)
  })
}

/** Whether a file has the very columns that one of ours would have. */
function isStoredAs({ library }: DuckDb, columns: ReadonlyArray<FileColumn>, contract: Contract): boolean {
  const same = ({ name, stored }: FileColumn, at: number): boolean =>
    name === contract.columns[at]!.name && stored === sqlName(library, contract.columns[at]!.type)
  return columns.length === contract.columns.length && columns.every(same)
}

const sqlName = (library: Library, type: ColumnType): string => {
  const stored = storedType(library, type)
  return stored.alias ?? String(stored)
}

/** The rows of a file with the columns of the contract, or null when some need more than a cast that changes no value. */
async function castSql(
  duckDb: DuckDb,
  file: string,
  columns: ReadonlyArray<FileColumn>,
  contract: Contract,
): Promise<string | null> {
  const counts = columns.map((_, at) => `count(c${at})`).join(", ")
  const [filled] = await duckDb.rows(`SELECT ${counts} FROM ${tableOf([file], columns.length)}`)
  const values: Array<string> = []
  for (const { name, type } of contract.columns) {
    const at = columns.findIndex((column) => column.name === name)
    const value = at < 0 || Number(filled![at]) === 0 ? "NULL" : valueAs(columns[at]!, type)
    if (value === null) return null
    values.push(`CAST(${value} AS ${sqlName(duckDb.library, type)})`)
  }
  return `SELECT ${values.join(", ")} FROM ${tableOf([file], columns.length)}`
}

function valueAs(column: FileColumn, type: ColumnType): string | null {
  if (column.type === type) return column.value
  if (column.type === "integer" && type === "number") return column.value
  if (column.type === "date" && type === "timestamp") return `CAST(${column.value} AS TIMESTAMP)`
  return null
}

function contractOf(columns: ReadonlyArray<FileColumn>): Contract {
  return { columns: columns.map(({ name, type }) => ({ name, type, optional: true })) }
}

/** Rows of the user's are kept as they are, or nothing is written. */
async function refuseLoss(
  duckDb: DuckDb,
  file: string,
  columns: ReadonlyArray<FileColumn>,
  contract: Contract,
): Promise<void> {
  const integers = new Set(contract.columns.filter(({ type }) => type === "integer").map(({ name }) => name))
  for (const column of columns) {
    const narrowed = column.wide && integers.has(column.name)
    const loss = narrowed
      ? { sql: `TRY_CAST(${column.value} AS BIGINT) IS NULL`, expected: "an integer of at most 64 bits" }
      : column.loss
    const issue = loss === null ? null : await firstWhere(duckDb, file, columns, { column, ...loss })
    if (issue === null) continue
    const { row, expected, got } = issue
    const where = `row ${(row ?? 0) + 1} of the file, column ${JSON.stringify(column.name)} (${column.stored})`
    const problem = `${where} would not stay as it is: expected ${expected}, got ${got}`
    throw new MalformedFile("parquet", problem, null, null)
  }
}
