import type { DatabaseSync } from "node:sqlite"
import { isDate, isTimestamp } from "../../formats/calendar.ts"
import { inMain, quoted } from "./names.ts"
import type { TableShape } from "./shape.ts"

/** SQLite reads more than ISO 8601, but writes nothing else; compared byte by byte, whatever the column's collation. */
export function isDateSql(cell: string): string {
  return `date(${cell}) IS ${cell} COLLATE BINARY`
}

const minutes = "[T ][0-2][0-9]:[0-5][0-9]"
const forms = [minutes, `${minutes}:[0-5][0-9]`, `${minutes}:[0-5][0-9]Z`, `${minutes}:[0-5][0-9].[0-9][0-9][0-9]Z`]

/** Most timestamps there are, told in SQL; of what this isn't true, JavaScript has to look at the text. */
function isUsualTimestampSql(cell: string): string {
  const day = `substr(${cell}, 1, 10)`
  const form = forms.map((glob) => `substr(${cell}, 11) GLOB '${glob}'`).join(" OR ")
  // GLOB and substr stop at a NUL, the bytes go on behind it.
  const whole = `octet_length(${cell}) = length(${cell})`
  return `(${whole} AND ${isDateSql(day)} AND substr(${cell}, 12, 2) < '24' AND (${form}))`
}

/** The first text of a column that is no timestamp and no date, and the row (0-based) it is in; null when there is none. */
export function firstNoTimestamp(db: DatabaseSync, shape: TableShape, column: string): CellText | null {
  const from = inMain(shape.name)
  const cell = quoted(column)
  const texts = db.prepare(`SELECT ${cell} AS text FROM ${from} WHERE ${isCandidateSql(cell)}`)
  if (found(texts.iterate()) === null) return null
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
