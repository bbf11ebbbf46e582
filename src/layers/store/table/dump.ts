import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite"
import { cellJson, doubter, rawTextJson } from "./cells.ts"
import { type Keys, parsed, rangeOf } from "./keys.ts"
import { inMain, literal, quoted } from "./names.ts"
import { tableOf, type TableShape } from "./shape.ts"

/** Line 1 of a slot. */
export interface SlotHeader {
  /** What made the table, then its indexes and triggers: CREATE statements. */
  readonly schema: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly withoutRowid: boolean
}

/** What is read of each row: the rowid first where there is one, integers as bigint. */
type Look = (values: ReadonlyArray<SQLOutputValue>) => void

/**
 * Rows as the lines of a slot, without line breaks: a header, then `[rowid, cells…]` for each row (no rowid in a WITHOUT
 * ROWID table) in the order of `keys`; all rows come in the order of the rowid or the primary key. Nothing may change
 * the table until the generator is done.
 */
export function* dumpRows(db: DatabaseSync, table: string, keys: Keys | "all"): Generator<string, void, undefined> {
  const shape = tableOf(db, table)
  const columns = shape.columns.map(({ name }) => name)
  const header: SlotHeader = { schema: schemaOf(db, shape), columns, withoutRowid: shape.withoutRowid }
  yield JSON.stringify(header)
  yield* rowLines(db, shape, keys, columns)
}

/** CREATE statements of a table, then of its indexes and triggers in the order in which they were made. */
function schemaOf(db: DatabaseSync, { name }: TableShape): ReadonlyArray<string> {
  const sql = `SELECT sql FROM sqlite_schema WHERE tbl_name = ${literal(name)} COLLATE NOCASE AND sql IS NOT NULL
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid`
  return db
    .prepare(sql)
    .all()
    .map((row) => row["sql"] as string)
}

/** The rows of `dumpRows` without their header, with the cells of some columns only. */
export function* rowLines(
  db: DatabaseSync,
  shape: TableShape,
  keys: Keys | "all",
  columns: ReadonlyArray<string>,
  look?: Look,
): Generator<string, void, undefined> {
  const reader = new LineReader(db, shape, columns, look)
  if (keys === "all") yield* reader.where("1", [])
  else for (const key of keys) yield* reader.where(...whereKey(shape, key))
}

/** The condition that the rows of one line of keys fulfill, and what to bind to it. */
export function whereKey(shape: TableShape, key: string): [where: string, values: ReadonlyArray<SQLInputValue>] {
  if (!shape.withoutRowid) return [`${shape.rowid} BETWEEN ? AND ?`, rangeOf(key)]
  const cells = parsed(key)
  const terms = shape.keyTerms.map((term, at) => `${term} = ${cells[at]?.raw === true ? "CAST(? AS TEXT)" : "?"}`)
  return [terms.join(" AND "), cells.map(({ value }) => value)]
}

/** Reads rows as lines, by conditions whose statements it keeps. */
export class LineReader {
  readonly #db: DatabaseSync
  readonly #shape: TableShape
  readonly #columns: ReadonlyArray<string>
  readonly #look: Look | undefined
  readonly #isDoubtful: ReturnType<typeof doubter>
  readonly #statements = new Map<string, StatementSync>()
  /** Some text isn't what it seems, so from here on the bytes of text are read, too. */
  #careful = false

  constructor(db: DatabaseSync, shape: TableShape, columns: ReadonlyArray<string>, look?: Look) {
    this.#db = db
    this.#shape = shape
    this.#columns = columns.map(quoted)
    this.#look = look
    this.#isDoubtful = doubter(db)
  }

  /** The rows under one condition, in the order of the table. */
  *where(where: string, params: ReadonlyArray<SQLInputValue>): Generator<string, void, undefined> {
    let done = 0
    if (!this.#careful) {
      for (const row of this.#rows(where, params, 0)) {
        if (row.some(this.#isDoubtful)) {
          this.#careful = true
          break
        }
        this.#look?.(row)
        let line = "["
        for (let at = 0; at < row.length; at++) line += (at === 0 ? "" : ",") + cellJson(row[at]!)
        yield line + "]"
        done++
      }
      if (!this.#careful) return
    }
    const first = this.#shape.rowid === null ? 0 : 1
    const count = first + this.#columns.length
    for (const row of this.#rows(where, params, done)) {
      this.#look?.(row.slice(0, count))
      const cells = row.slice(0, count).map((value, at) => {
        return this.#isDoubtful(value) ? rawTextJson(row[at - first + count] as Uint8Array) : cellJson(value)
      })
      yield `[${cells.join()}]`
    }
  }

  #rows(where: string, params: ReadonlyArray<SQLInputValue>, skip: number) {
    const id = `${where} ${this.#careful}`
    let statement = this.#statements.get(id)
    if (statement === undefined) this.#statements.set(id, (statement = this.#prepare(where)))
    return statement.iterate(...params, skip) as unknown as Iterable<ReadonlyArray<SQLOutputValue>>
  }

  #prepare(where: string): StatementSync {
    const { name, rowid, order } = this.#shape
    const bytes = this.#columns.map((column) => `iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), NULL)`)
    const cells = [...(rowid === null ? [] : [rowid]), ...this.#columns, ...(this.#careful ? bytes : [])]
    const sql = `SELECT ${cells.join()} FROM ${inMain(name)} WHERE ${where} ORDER BY ${order} LIMIT -1 OFFSET ?`
    const statement = this.#db.prepare(sql)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    return statement
  }
}
