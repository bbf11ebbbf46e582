import { Buffer } from "node:buffer"
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api"
import { columnTypeOf } from "../formats/parquet/columnType.ts"
import { type Library, identifier } from "../formats/parquet/duckDb.ts"
import { keepMark } from "../formats/parquet/fileColumns.ts"
import { textOfMicros } from "../formats/parquet/instants.ts"
import { parseJson } from "../formats/losslessJson.ts"
import { complaintOf, isTooLarge } from "./complaint.ts"
import type { Engine } from "./Engine.ts"
import type { AnsweredColumn, Reply } from "./protocol.ts"

/** How the values of a column travel. */
interface Cell {
  readonly sql: string
  /** Never given null. */
  readonly decode: (value: DuckDBValue) => unknown
}

const asIs = (value: DuckDBValue): unknown => value

function cellOf(library: Library, type: DuckDBType, ref: string): Cell {
  const id = library.DuckDBTypeId
  const text = `CAST(${ref} AS VARCHAR)`
  switch (columnTypeOf(library, type)) {
    case "integer":
      return { sql: ref, decode: (value) => integer(BigInt(value as number | bigint)) }
    case "number":
      return type.typeId === id.DECIMAL ? { sql: text, decode: decimal } : { sql: ref, decode: double }
    case "boolean":
      return { sql: ref, decode: asIs }
    case "timestamp": {
      const zoned = type.typeId === id.TIMESTAMP_TZ
      const at = zoned ? ref : `CAST(${ref} AS TIMESTAMP)`
      // Infinity has no microseconds.
      const sql = `CASE WHEN isfinite(${at}) THEN CAST(epoch_us(${at}) AS VARCHAR) ELSE ${text} END`
      return { sql, decode: (value) => timestamp(value as string, zoned) }
    }
    case "json":
      return { sql: type.alias === "JSON" ? text : `CAST(to_json(${ref}) AS VARCHAR)`, decode: json }
    default:
      return { sql: keepMark(type.typeId === id.BLOB ? `lower(hex(${ref}))` : text), decode: asIs }
  }
}

const integer = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** JSON has no NaN and no infinity. */
const double = (value: DuckDBValue): number | string => (Number.isFinite(value) ? (value as number) + 0 : String(value))

/** A number where that holds all of its digits. */
const decimal = (value: DuckDBValue): number | string => {
  const text = value as string
  return text.replace(/^-?0*\.?0*|\./g, "").length <= 15 ? Number(text) + 0 : text
}

const timestamp = (value: string, zoned: boolean): string => {
  if (!/^-?\d+$/.test(value)) return value
  try {
    const text = textOfMicros(BigInt(value))
    return zoned ? text : text.slice(0, -1)
  } catch (error) {
    // A year that JavaScript doesn't know.
    if (error instanceof RangeError) return value
    throw error
  }
}

/** Levels of nesting. Whoever shows the answer goes through it by recursion, with no end to its stack in sight. */
const deepest = 100

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)))

const json = (value: DuckDBValue): unknown => {
  try {
    const parsed = parseJson(value as string)
    return isDeeper(parsed, deepest) ? value : parsed
  } catch {
    // to_json writes NaN and infinities, which JSON doesn't have.
    return value
  }
}

/** Integers that a number wouldn't hold are text. */
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value)

/** No dataset can be called this, so no query means it. */
const asked = identifier("what was asked")

interface Limits {
  readonly rows: number
  readonly bytes: number
}

/**
 * The rows of a query that was looked at, up to a number of them and a size. Fails as DuckDB does. Where it `isLayered`,
 * a place that DuckDB names may be one in another query.
 */
export async function answer(
  engine: Engine,
  sql: string,
  { isLayered, ...most }: Limits & { readonly isLayered: boolean },
): Promise<Reply> {
  const { library, connection } = engine
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1) throw new Error(`it has ${statements.count} statements`)
  const prepared = await statements.prepare(0)
  if (prepared.statementType !== library.StatementType.SELECT) throw new Error("it is no SELECT")
  const types = Array.from({ length: prepared.columnCount }, (_, at) => prepared.columnType(at))
  const names = distinct(types.map((_, at) => prepared.columnName(at)))
  const columns = types.map((type, at): AnsweredColumn => ({ name: names[at]!, type: columnTypeOf(library, type) }))
  const cells = types.map((type, at) => cellOf(library, type, `c${at}`))

  // By place, because names may be anything, and twice there.
  const before = `CREATE TEMP VIEW ${asked} (${types.map((_, at) => `c${at}`).join(", ")}) AS `
  try {
    await engine.rows(before + sql)
    return await rowsOf(engine, columns, cells, most)
  } catch (error) {
    if (isTooLarge(error)) throw error
    const complaint = complaintOf(error, Buffer.byteLength(before))
    return { type: "failed", ...complaint, at: isLayered ? null : complaint.at }
  }
}

async function rowsOf(
  { connection }: Engine,
  columns: ReadonlyArray<AnsweredColumn>,
  cells: ReadonlyArray<Cell>,
  most: Limits,
): Promise<Reply> {
  const result = await connection.stream(`SELECT ${cells.map((cell) => cell.sql).join(", ")} FROM ${asked}`)
  const rows: Array<string> = []
  let bytes = 0
  for await (const chunk of result) {
    const values = cells.map((_, at) => chunk.getColumnVector(at))
    for (let at = 0; at < chunk.rowCount; at++) {
      if (rows.length === most.rows) return answered(columns, rows, true)
      const row = cells.map(({ decode }, column) => {
        const value = values[column]!.getItem(at)
        return value === null ? null : decode(value)
      })
      const line = JSON.stringify(row, plain)
      bytes += line.length
      if (bytes > most.bytes) {
        if (rows.length > 0) return answered(columns, rows, true)
        return { type: "tooLarge", detail: `its first row alone has more than ${most.bytes >> 20} MiB` }
      }
      rows.push(line)
    }
  }
  return answered(columns, rows, false)
}

const answered = (columns: ReadonlyArray<AnsweredColumn>, rows: ReadonlyArray<string>, truncated: boolean): Reply => ({
  type: "answered",
  columns,
  rows: `[${rows.join(",")}]`,
  truncated,
})

/** Of equal names all but the first get a number. */
function distinct(names: ReadonlyArray<string>): ReadonlyArray<string> {
  const taken = new Set(names)
  const seen = new Set<string>()
  return names.map((name) => {
    let one = name
    for (let number = 1; seen.has(one) || (one !== name && taken.has(one)); number++) one = `${name}_${number}`
    seen.add(one)
    return one
  })
}
