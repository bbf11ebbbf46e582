import type { DatabaseSync } from "node:sqlite"
import type { Column, ColumnType, Contract } from "../../../services/domain/Contract.ts"
import { CellIssue } from "../../formats/decode.ts"
import { describe } from "../../formats/rowError.ts"
import { affinityOf } from "./affinity.ts"
import { inMain, quoted } from "./names.ts"
import { tableOf, type TableColumn, type TableShape } from "./shape.ts"
import { areTimestamps, isDateSql } from "./texts.ts"

/** A whole table read: its rows, and its contract unless `issue` says what stands in the way. */
export interface InferredTable {
  readonly rows: number
  readonly issue: CellIssue | null
  /** Null with an issue, and for a table without rows: an empty dataset has no contract. */
  readonly contract: Contract | null
}

/** How many cells of a column are of each storage class. */
interface Tally {
  readonly integer: number
  readonly text: number
  readonly real: number
  readonly blob: number
}

/** The contract of a table that the user brought, from all of its cells. */
export function inferTable(db: DatabaseSync, table: string): InferredTable {
  const shape = tableOf(db, table)
  const { rows, tallies } = tally(db, shape)
  const issue = namesIssue(shape)
  if (issue !== null || rows === 0) return { rows, issue, contract: null }
  const columns = shape.columns.map((column, at) => columnOf(db, shape, column, tallies[at]!, rows))
  return { rows, issue: null, contract: { columns } }
}

/** Two counts share one sum, because each sum costs as much as looking at the cell. */
const SHIFT = 31n

function twoCounts(cell: string, low: string, high: string): string {
  return `sum(CASE typeof(${cell}) WHEN '${low}' THEN 1 WHEN '${high}' THEN 1 << ${SHIFT} END)`
}

function tally(db: DatabaseSync, { name, columns }: TableShape): { rows: number; tallies: ReadonlyArray<Tally> } {
  const sums = columns.flatMap((column) => {
    const cell = quoted(column.name)
    return [twoCounts(cell, "integer", "text"), twoCounts(cell, "real", "blob")]
  })
  const statement = db.prepare(`SELECT ${["count(*)", ...sums].join()} FROM ${inMain(name)}`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const [rows, ...counts] = statement.get() as unknown as ReadonlyArray<bigint | null>
  const low = (at: number) => Number((counts[at] ?? 0n) & ((1n << SHIFT) - 1n))
  const high = (at: number) => Number((counts[at] ?? 0n) >> SHIFT)
  const tallies = columns.map((_, at) => {
    return { integer: low(2 * at), text: high(2 * at), real: low(2 * at + 1), blob: high(2 * at + 1) }
  })
  return { rows: Number(rows), tallies }
}

function namesIssue({ columns }: TableShape): CellIssue | null {
  const known = new Map<string, string>()
  for (const { name } of columns) {
    if (name === "") return new CellIssue(null, name, "a column name", "an empty name")
    const other = known.get(name.toLowerCase())
    if (other !== undefined) {
      return new CellIssue(null, name, "column names that differ by more than case", `also ${describe(other)}`)
    }
    known.set(name.toLowerCase(), name)
  }
  return null
}

function columnOf(db: DatabaseSync, shape: TableShape, column: TableColumn, cells: Tally, rows: number): Column {
  const { name, notNull, fallback } = column
  const filled = cells.integer + cells.text + cells.real + cells.blob
  const type = filled === 0 ? suggested(column) : typeOf(db, shape, column, cells)
  // Where the table has a value of its own to offer, a sync may leave the column out.
  const given = name === shape.rowidColumn || (notNull && fallback !== null)
  const optional = filled < rows || given
  if (type !== null) return { name, type, optional }
  return { name, type: "string", optional, mixed: true }
}

/** Null for a mix that no type but text can take. */
function typeOf(db: DatabaseSync, shape: TableShape, column: TableColumn, cells: Tally): ColumnType | null {
  const cell = quoted(column.name)
  const none = (misfit: string) =>
    db.prepare(`SELECT 1 FROM ${inMain(shape.name)} WHERE ${misfit} LIMIT 1`).get() === undefined
  if (cells.blob > 0) return null
  if (/json/i.test(column.declared) && none(`typeof(${cell}) = 'text' AND NOT json_valid(${cell})`)) return "json"
  if (cells.text > 0) {
    if (cells.integer + cells.real > 0) return null
    if (none(`NOT (${isDateSql(cell)})`)) return "date"
    return areTimestamps(db, shape, column.name) ? "timestamp" : "string"
  }
  if (cells.real > 0) return none(`typeof(${cell}) = 'real' AND abs(${cell}) = 9e999`) ? "number" : null
  return /bool/i.test(column.declared) && none(`${cell} NOT IN (0, 1)`) ? "boolean" : "integer"
}

/** What a column is for, by its declaration, while nothing is in it. */
function suggested({ declared }: TableColumn): ColumnType {
  if (/json/i.test(declared)) return "json"
  if (/bool/i.test(declared)) return "boolean"
  if (/^date$/i.test(declared)) return "date"
  if (/^(?:datetime|timestamp)/i.test(declared)) return "timestamp"
  const affinity = affinityOf(declared)
  if (affinity === "TEXT") return "string"
  if (affinity === "INTEGER") return "integer"
  return affinity === "REAL" || /^(?:numeric|decimal|number)/i.test(declared) ? "number" : "unknown"
}
