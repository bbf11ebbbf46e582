import type { DatabaseSync } from "node:sqlite"
import type { Column, Contract } from "../../../services/domain/Contract.ts"
import { CellIssue } from "../../formats/decode.ts"
import { describe } from "../../formats/rowError.ts"
import { folded, inMain, quoted } from "./names.ts"
import { columnNamed, tableOf, type TableShape } from "./shape.ts"
import { firstNoTimestamp, isDateSql } from "./texts.ts"

/** A cell of the table that doesn't fit the contract, or a column that one of them lacks; null when all is well. */
export function checkTable(db: DatabaseSync, table: string, contract: Contract): CellIssue | null {
  const shape = tableOf(db, table)
  return columnIssue(shape, contract) ?? classIssue(db, shape, contract) ?? timestampIssue(db, shape, contract)
}

function columnIssue(shape: TableShape, { columns }: Contract): CellIssue | null {
  const missing = columns.find(({ name }) => columnNamed(shape, name) === undefined)
  if (missing !== undefined) return new CellIssue(null, missing.name, "a column of the table", "none")
  const known = new Set(columns.map(({ name }) => folded(name)))
  const more = shape.columns.find(({ name }) => !known.has(folded(name)))
  return more === undefined ? null : new CellIssue(null, more.name, "a column of the contract", "a new column")
}

/** All in one pass, and only when something is found another one for where it is. */
function classIssue(db: DatabaseSync, shape: TableShape, { columns }: Contract): CellIssue | null {
  const checks = columns.flatMap((column) => {
    const { name } = columnNamed(shape, column.name)!
    const misfit = misfitSql(column, quoted(name))
    return misfit === null || (name === shape.rowidColumn && column.type === "integer")
      ? []
      : [{ column, name, misfit }]
  })
  if (checks.length === 0) return null
  const any = checks.map(({ misfit }) => misfit).join(" OR ")
  const from = inMain(shape.name)
  if (db.prepare(`SELECT 1 FROM ${from} WHERE ${any} LIMIT 1`).get() === undefined) return null
  const ordered = `row_number() OVER (ORDER BY ${shape.order}) - 1`
  for (const { column, name, misfit } of checks) {
    const numbered = `SELECT ${ordered} AS number, ${quoted(name)} AS cell, ${misfit} AS misfit FROM ${from}`
    const find = db.prepare(`SELECT number, cell FROM (${numbered}) WHERE misfit ORDER BY number LIMIT 1`)
    find.setReadBigInts(true)
    const found = find.get()
    if (found !== undefined)
      return new CellIssue(Number(found["number"]), column.name, column.type, gotOf(found["cell"]))
  }
  return null
}

function gotOf(cell: unknown): string {
  if (cell instanceof Uint8Array) return `a blob of ${cell.length} bytes`
  return typeof cell === "bigint" ? `${cell}` : describe(cell)
}

function timestampIssue(db: DatabaseSync, shape: TableShape, { columns }: Contract): CellIssue | null {
  for (const { name, type } of columns) {
    if (type !== "timestamp") continue
    const found = firstNoTimestamp(db, shape, columnNamed(shape, name)!.name)
    if (found !== null) return new CellIssue(found.row, name, type, describe(found.text))
  }
  return null
}

/** True of cells that don't fit; null when all do. `typeof` comes first, because it doesn't read the cell. */
function misfitSql({ type, mixed }: Column, cell: string): string | null {
  const noText = `(typeof(${cell}) <> 'text' AND ${cell} IS NOT NULL)`
  switch (type) {
    case "string":
      return mixed === true ? null : noText
    case "timestamp":
      return noText
    case "date":
      return `NOT (${isDateSql(cell)})`
    case "integer":
      return `(typeof(${cell}) <> 'integer' AND ${cell} IS NOT NULL AND NOT ${isWholeReal(cell)})`
    case "number":
      return `(${cell} NOT BETWEEN ${-Number.MAX_VALUE} AND ${Number.MAX_VALUE} OR typeof(${cell}) = 'text')`
    case "boolean":
      return `(${cell} NOT IN (0, 1) OR typeof(${cell}) = 'text')`
    case "json":
      return `(typeof(${cell}) = 'blob' OR (typeof(${cell}) = 'text' AND NOT json_valid(${cell})))`
    case "unknown":
      return `${cell} IS NOT NULL`
  }
}

/** A column of reals makes reals of integers; those that it keeps exactly are integers all the same. */
function isWholeReal(cell: string): string {
  return `(typeof(${cell}) = 'real' AND abs(${cell}) < 9.3e18 AND CAST(${cell} AS INTEGER) = ${cell})`
}
