import { openSync, closeSync, readSync } from "node:fs"
import { identifier, literal, pathLiteral } from "../formats/parquet/duckDb.ts"
import { columnsOf, tableOf } from "../formats/parquet/fileColumns.ts"
import type { Column, ColumnType } from "../../services/domain/Contract.ts"
import type { Engine } from "./Engine.ts"
import type { TableSource } from "./protocol.ts"

/** What a column is to SQL. An integer may be wider, where the values are. */
export const sqlTypeOf = (type: ColumnType, wide = false): string => {
  switch (type) {
    case "integer":
      return wide ? "HUGEINT" : "BIGINT"
    case "number":
      return "DOUBLE"
    case "boolean":
      return "BOOLEAN"
    case "date":
      return "DATE"
    case "timestamp":
      return "TIMESTAMPTZ"
    case "json":
      return "JSON"
    case "string":
    case "unknown":
      return "VARCHAR"
  }
}

/**
 * SQL by which DuckDB itself reads a dataset's file, under the types of its contract. Null where it would read something
 * else than we do, or cannot read at all; what it refuses (a BOM in JSON Lines, mixed line ends) it refuses aloud.
 */
export async function selectFrom(engine: Engine, source: TableSource, file: string): Promise<string | null> {
  switch (source.format) {
    case "csv":
      return fromCsv(source, file)
    case "json":
    case "jsonl":
      return fromJson(source, file)
    case "parquet":
      return await fromParquet(engine, source, file)
    case "sqlite":
      return null
  }
}

function fromCsv({ contract, header, eol }: TableSource, file: string): string | null {
  // A blank line is a row without a value to it, if there is but one column, and none to us.
  if (header === null || header.length < 2) return null
  const columns = header.map((_, at) => `c${at}: 'VARCHAR'`).join(", ")
  const options = [
    `columns = {${columns}}, auto_detect = false, header = true, parallel = false`,
    `delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = 8388608, buffer_size = 16777216`,
    // Else a line break of another kind within the header would lose every row, and blank lines would be the header.
    `new_line = ${JSON.stringify(eol).replaceAll('"', "'")}, skip = ${blankLines(file)}`,
  ]
  const cells = contract.columns.map((column) => {
    const at = header.indexOf(column.name)
    return as(column, at < 0 ? "NULL" : `c${at}`)
  })
  return `SELECT ${cells.join(", ")} FROM read_csv(${pathLiteral(file)}, ${options.join(", ")})`
}

/** At the start of a file, before its header. */
function blankLines(file: string): number {
  const descriptor = openSync(file, "r")
  try {
    const head = Buffer.alloc(1 << 16)
    const start = head.subarray(0, readSync(descriptor, head)).toString("latin1")
    return /^(?:\xef\xbb\xbf)?((?:\r\n|\r|\n)*)/.exec(start)![1]!.match(/\r\n|\r|\n/g)?.length ?? 0
  } finally {
    closeSync(descriptor)
  }
}

function fromJson({ contract, format }: TableSource, file: string): string {
  // Read as text, dates and timestamps are cast as ours are; other text is no text to a number.
  const read = contract.columns.map(({ name, type }) => {
    const isText = type === "date" || type === "timestamp"
    return `${literal(name)}: '${isText ? "VARCHAR" : sqlTypeOf(type)}'`
  })
  const cells = contract.columns.map((column) => as(column, identifier(column.name)))
  const kind = format === "json" ? "array" : "newline_delimited"
  const options = `columns = {${read.join(", ")}}, format = '${kind}', records = true, maximum_object_size = 8388608`
  return `SELECT ${cells.join(", ")} FROM read_json(${pathLiteral(file)}, ${options})`
}

async function fromParquet(engine: Engine, { contract }: TableSource, file: string): Promise<string> {
  const columns = await columnsOf(engine, file)
  const byName = new Map(columns.map((column) => [column.name, column]))
  const cells = contract.columns.map((column) => {
    const found = byName.get(column.name)
    const isDay = column.type === "timestamp" && found?.type === "date"
    return as(column, found === undefined ? "NULL" : isDay ? `CAST(${found.value} AS TIMESTAMP)` : found.value)
  })
  return `SELECT ${cells.join(", ")} FROM ${tableOf([file], columns.length)}`
}

const as = ({ name, type }: Column, sql: string): string =>
  // Adding 0 turns -0 into 0, as we read it.
  `${type === "number" ? `CAST(${sql} AS DOUBLE) + 0` : `CAST(${sql} AS ${sqlTypeOf(type)})`} AS ${identifier(name)}`
