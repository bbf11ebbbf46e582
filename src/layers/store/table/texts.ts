import type { DatabaseSync } from "node:sqlite"
import { isDate, isTimestamp } from "../../formats/calendar.ts"
import { inMain, quoted } from "./names.ts"
import type { TableShape } from "./shape.ts"

/** SQLite reads more than ISO 8601, but writes nothing else; compared byte by byte, whatever the column's collation. */
export function isDateSql(cell: string): string {
  return `date(${cell}) IS ${cell} COLLATE BINARY`
}

const day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
const minutes = `${day}[T ][0-2][0-9]:[0-5][0-9]`
/** By their lengths in bytes. */
const forms: ReadonlyArray<readonly [number, string]> = [
  [24, `${minutes}:[0-5][0-9].[0-9][0-9][0-9]Z`],
  [20, `${minutes}:[0-5][0-9]Z`],
  [19, `${minutes}:[0-5][0-9]`],
  [16, minutes],
]

/** Most timestamps there are, told in SQL; of what this isn't true, JavaScript has to look at the text. */
function isUsualTimestampSql(cell: string): string {
  const form = forms.map(([bytes, glob]) => `WHEN ${bytes} THEN ${cell} GLOB '${glob}'`).join(" ")
  // GLOB stops at a NUL, which the bytes count. SQLite takes 24:00 for a time.
  const whole = `CASE octet_length(${cell}) ${form} ELSE 0 END`
  return `(${whole} AND substr(${cell}, 12, 2) < '24' AND ${isDateSql(`substr(${cell}, 1, 10)`)})`
}

/** Whether all texts of a column are timestamps or dates. */
export function areTimestamps(db: DatabaseSync, { name }: TableShape, column: string): boolean {
  const cell = quoted(column)
  return (
    found(db.prepare(`SELECT ${cell} AS text FROM ${inMain(name)} WHERE ${isCandidateSql(cell)}`).iterate()) === null
  )
}

/** The first text of a column that is no timestamp and no date, and the row (0-based) it is in; null when there is none. */
export function firstNoTimestamp(db: DatabaseSync, shape: TableShape, column: string): CellText | null {
  if (areTimestamps(db, shape, column)) return null
  const from = inMain(shape.name)
  const cell = quoted(column)
  // Numbering the rows takes long, so it is done only when there is something to tell.
  const rows = `SELECT row_number() OVER (ORDER BY ${shape.order}) - 1 AS row, ${cell} AS text FROM ${from}`
  const numbered = db.prepare(`SELECT row, text FROM (${rows}) AS t WHERE ${isCandidateSql("t.text")} ORDER BY row`)
  return found(numbered.iterate())
}

interface CellText {
  readonly row: number
  readonly text: string
}

function isCandidateSql(cell: string): string {
  return `typeof(${cell}) = 'text' AND NOT ${isUsualTimestampSql(cell)}`
}

function found(candidates: Iterable<Record<string, unknown>>): CellText | null {
  for (const candidate of candidates) {
    const text = candidate["text"] as string
    if (!isTimestamp(text) && !isDate(text)) return { row: candidate["row"] as number, text }
  }
  return null
}
