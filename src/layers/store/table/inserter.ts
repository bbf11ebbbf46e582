import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite"
import { cellJson, doubter, rawTextJson } from "./cells.ts"
import { KeyCollector, type Keys } from "./keys.ts"
import { inMain, literal, quoted } from "./names.ts"
import type { TableColumn, TableShape } from "./shape.ts"

/** Inserts rows one by one and remembers which they are. */
export interface Inserter {
  /** False when a trigger had the row ignored. Throws what SQLite throws. */
  readonly add: (values: ReadonlyArray<SQLInputValue>) => boolean
  readonly keys: () => Keys
}

/** For rows of values in the order of `columns`. */
export function inserter(
  db: DatabaseSync,
  shape: TableShape,
  columns: ReadonlyArray<TableColumn>,
  collector = new KeyCollector(),
): Inserter {
  const names = columns.map(({ name }) => quoted(name)).join()
  const rows = columns.length === 0 ? "DEFAULT VALUES" : `(${names}) VALUES (${columns.map(placeOf).join()})`
  const keys = () => collector.lines()
  if (!shape.withoutRowid) {
    const statement = prepared(db, `${insertInto(db, shape)} ${rows}`)
    const add = (values: ReadonlyArray<SQLInputValue>) => {
      const { changes, lastInsertRowid } = statement.run(...values)
      if (changes !== 1n) return false
      collector.rowid(lastInsertRowid as bigint)
      return true
    }
    return { add, keys }
  }
  const key = shape.keys.map(({ name }) => quoted(name)).join()
  const statement = prepared(db, `${insertInto(db, shape)} ${rows} RETURNING ${key}`)
  const cell = keyCellReader(db)
  const add = (values: ReadonlyArray<SQLInputValue>) => {
    const returned = statement.get(...values) as ReadonlyArray<SQLOutputValue> | undefined
    if (returned !== undefined) collector.key(returned.map(cell))
    return returned !== undefined
  }
  return { add, keys }
}

/** A cell of a primary key, as it was returned, as JSON. */
export function keyCellReader(db: DatabaseSync): (value: SQLOutputValue) => string {
  const bytes = db.prepare("SELECT CAST(? AS BLOB) AS bytes")
  const isDoubtful = doubter(db)
  return (value) => (isDoubtful(value) ? rawTextJson(bytes.get(value)!["bytes"] as Uint8Array) : cellJson(value))
}

/**
 * A key that is taken must be an error. A table may be declared to replace or ignore instead; only then that is
 * overruled, because whatever is said here also holds for the statements of its triggers.
 */
export function insertInto(db: DatabaseSync, shape: TableShape): string {
  return `INSERT ${conflictless(db, shape)}INTO ${inMain(shape.name)}`
}

/** What makes a statement fail where the table would have it replace or ignore. */
export function conflictless(db: DatabaseSync, { name }: TableShape): string {
  const sql = `SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ${literal(name)} COLLATE NOCASE`
  const declared = db.prepare(sql).get()?.["sql"] as string | undefined
  return /\bconflict\b/i.test(declared ?? "") ? "OR ABORT " : ""
}

/** A place for one value; null is the default where the column must not be null. */
export function placeOf({ notNull, fallback }: TableColumn): string {
  if (!notNull || fallback === null) return "?"
  // A bare word is text to SQLite here, and a column's name elsewhere.
  const isWord =
    /^[a-z_]\w*$/i.test(fallback) && !/^(?:true|false|null|current_(?:date|time|timestamp))$/i.test(fallback)
  return `ifnull(?, ${isWord ? literal(fallback) : `(${fallback})`})`
}

function prepared(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return statement
}
