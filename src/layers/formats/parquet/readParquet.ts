import type { DuckDBValue } from "@duckdb/node-api"
import type { Column, ColumnType, Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import { put } from "../decode.ts"
import { parseJson } from "../losslessJson.ts"
import { allRows } from "../readRows.ts"
import { MalformedFile } from "../malformed.ts"
import { DuckDb } from "./duckDb.ts"
import { readFailure } from "./failures.ts"
import { columnsOf, type FileColumn, keepMark, tableOf } from "./fileColumns.ts"
import { textOfDays, textOfMicros } from "./instants.ts"

/** How the values of a column travel from DuckDB to a row. */
interface Cell {
  readonly sql: string
  /** Never given null. */
  readonly decode: (value: DuckDBValue) => unknown
}

/**
 * The rows of a file in order, in batches of at most 2,048; see `Row`. Of the values that the contract has as `json` or
 * `unknown` each is what the file's own type makes it; a column that the file lacks is null. Timestamps are in UTC, and
 * those that the file has without zone are taken to be. Nothing is held but the batch.
 * Fails with `MalformedFile`, and with whatever the disk says.
 */
export async function* readParquet(
  file: string,
  contract: Contract,
  { from, most } = allRows,
): AsyncGenerator<ReadonlyArray<Row>, void, undefined> {
  const duckDb = await DuckDb.open({ files: [file], temporary: null, mode: "read" })
  try {
    const columns = await columnsOf(duckDb, file)
    const byName = new Map(columns.map((column) => [column.name, column]))
    const cells = contract.columns.map((column) => cellOf(column, byName.get(column.name)))
    const part = `${Number.isFinite(most) ? `LIMIT ${most} ` : ""}OFFSET ${from}`
    const table = tableOf([file], columns.length)
    yield* rowsOf(
      duckDb,
      `SELECT ${cells.map(({ sql }) => sql).join(", ")} FROM ${table} ${from === 0 && !Number.isFinite(most) ? "" : part}`,
      {
        names: contract.columns.map(({ name }) => name),
        cells,
      },
    )
  } catch (error) {
    throw readFailure(error, file)
  } finally {
    duckDb.close()
  }
}

async function* rowsOf(
  duckDb: DuckDb,
  sql: string,
  { names, cells }: { readonly names: ReadonlyArray<string>; readonly cells: ReadonlyArray<Cell> },
): AsyncGenerator<Array<Row>, void, undefined> {
  let done = 0
  for await (const chunk of duckDb.chunks(sql)) {
    const rows: Array<Row> = Array.from({ length: chunk.rowCount }, () => ({}))
    for (const [column, { decode }] of cells.entries()) {
      const name = names[column]!
      const vector = chunk.getColumnVector(column)
      for (let at = 0; at < rows.length; at++) {
        const value = vector.getItem(at)
        try {
          put(rows[at]!, name, value === null ? null : decode(value))
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
          const problem = `row ${done + at + 1}, column ${JSON.stringify(name)} is not JSON`
          throw new MalformedFile("parquet", problem, null, null)
        }
      }
    }
    if (rows.length > 0) yield rows
    done += rows.length
  }
}

function cellOf({ type }: Column, column: FileColumn | undefined): Cell {
  if (column === undefined) return { sql: "NULL", decode: (value) => value }
  if (type === "number" && column.type === "integer") return cell("number", `CAST(${column.value} AS DOUBLE)`)
  if (type === "timestamp" && column.type === "date") {
    return cell("timestamp", `CAST(CAST(${column.value} AS TIMESTAMP) AS TIMESTAMPTZ)`)
  }
  return cell(column.type, column.value)
}

function cell(type: ColumnType, value: string): Cell {
  switch (type) {
    case "integer":
      return { sql: value, decode: integer }
    case "number":
      // Adding 0 turns -0 into 0.
      return { sql: value, decode: (number) => (number as number) + 0 }
    case "date":
      return { sql: `CAST(${value} - DATE '1970-01-01' AS INTEGER)`, decode: (days) => textOfDays(days as number) }
    case "timestamp":
      return { sql: `epoch_us(${value})`, decode: (micros) => textOfMicros(micros as bigint) }
    case "json":
      return { sql: value, decode: (text) => parseJson(text as string) }
    case "boolean":
      return { sql: value, decode: (boolean) => boolean }
    case "string":
    case "unknown":
      return { sql: keepMark(value), decode: (text) => text }
  }
}

function integer(value: DuckDBValue): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : (value as bigint)
}
