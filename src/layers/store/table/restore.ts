import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { type Cell, integerJson } from "./cells.ts"
import { type Digest, Digester, digestRows } from "./digest.ts"
import { LineReader, whereKey } from "./dump.ts"
import { insertInto } from "./inserter.ts"
import { KeyCollector, parsed } from "./keys.ts"
import { quoted } from "./names.ts"
import { refusing, TableRefusal } from "./refusal.ts"
import { remover } from "./remove.ts"
import { columnNamed, tableOf, type TableShape } from "./shape.ts"
import { keyCells } from "./survey.ts"
import { type Lines, openSlot, type Slot } from "./slot.ts"
import { withoutTriggers } from "./triggers.ts"

/** Puts the rows of a slot back; see `restoreSlot`. */
export async function restoreRows(db: DatabaseSync, table: string, lines: Lines): Promise<Digest> {
  return restoreSlot(db, tableOf(db, table), await openSlot(lines))
}

/**
 * Puts rows back with their very rowids and storage classes, and looks whether they are what was kept. The table's
 * triggers see them come; what these change in the rows themselves is put right. Throws `TableRefusal`.
 */
export async function restoreSlot(db: DatabaseSync, shape: TableShape, { header, rows }: Slot): Promise<Digest> {
  const gone = header.columns.find((name) => columnNamed(shape, name) === undefined)
  if (gone !== undefined) throw new TableRefusal("conflict", `the table has no column ${JSON.stringify(gone)} any more`)
  if (header.withoutRowid !== shape.withoutRowid) {
    throw new TableRefusal("conflict", "the table was made anew, with another kind of key")
  }
  const restoring = new Restoring(db, shape, header.columns)
  for await (const line of rows) restoring.add(line)
  return restoring.finish()
}

/** Rows on their way back, in the order of their keys. */
export class Restoring {
  readonly #db: DatabaseSync
  readonly #shape: TableShape
  readonly #columns: ReadonlyArray<string>
  readonly #reader: LineReader
  readonly #insert: string
  /** What the cells from `first` on go to: the rowid, unless a column brings it along, and the columns. */
  readonly #places: ReadonlyArray<string>
  readonly #first: number
  readonly #statements = new Map<string, StatementSync>()
  readonly #keys = new KeyCollector()
  readonly #lines = new Digester()
  /** Rows that triggers made others of, or none. */
  readonly #changed: Array<string> = []

  constructor(db: DatabaseSync, shape: TableShape, columns: ReadonlyArray<string>) {
    this.#db = db
    this.#shape = shape
    this.#columns = columns
    this.#reader = new LineReader(db, shape, columns)
    this.#insert = insertInto(db, shape)
    const { rowid, rowidColumn } = shape
    this.#first = rowidColumn !== null && columns.includes(rowidColumn) ? 1 : 0
    this.#places = [...(rowid === null || this.#first === 1 ? [] : [rowid]), ...columns.map(quoted)]
  }

  add(line: string): void {
    const cells = parsed(line)
    const changes = this.#put(cells)
    this.#lines.add(line)
    if (this.#shape.withoutRowid) this.#keys.key(keyCells(this.#shape, this.#columns, line))
    else this.#keys.rowid(cells[0]!.value as bigint)
    if (!this.#shape.triggers && changes === 1) return
    const [now] = this.#reader.where(...whereKey(this.#shape, this.#keyOf(line)))
    if (now !== line) this.#changed.push(line)
  }

  finish(): Digest {
    if (this.#changed.length > 0) {
      withoutTriggers(this.#db, this.#shape, () => {
        const remove = remover(this.#db, this.#shape)
        for (const line of this.#changed) {
          remove(0, this.#keyOf(line))
          this.#put(parsed(line))
        }
      })
    }
    const wanted = this.#lines.digest()
    const found = digestRows(this.#db, this.#shape, this.#keys.lines(), this.#columns)
    if (found.rows === wanted.rows && found.hash === wanted.hash) return wanted
    throw new TableRefusal("conflict", "the table would not keep the rows as they were")
  }

  /** How many rows it became. */
  #put(cells: ReadonlyArray<Cell>): number {
    if (cells.length !== this.#first + this.#places.length) {
      throw new TableRefusal("damaged", `a row that was kept has ${cells.length} cells`)
    }
    const values: Array<SQLInputValue> = []
    let raw = ""
    for (let at = this.#first; at < cells.length; at++) {
      values.push(cells[at]!.value)
      if (cells[at]!.raw) raw += `${at},`
    }
    return refusing("conflict", "a row cannot come back", () => {
      let statement = this.#statements.get(raw)
      if (statement === undefined) this.#statements.set(raw, (statement = this.#prepare(cells.slice(this.#first))))
      return Number(statement.run(...values).changes)
    })
  }

  #prepare(cells: ReadonlyArray<Cell>): StatementSync {
    const values = cells.map(({ raw }) => (raw ? "CAST(? AS TEXT)" : "?"))
    return this.#db.prepare(`${this.#insert} (${this.#places.join()}) VALUES (${values.join()})`)
  }

  #keyOf(line: string): string {
    if (this.#shape.withoutRowid) return `[${keyCells(this.#shape, this.#columns, line).join()}]`
    const rowid = integerJson(parsed(line)[0]!.value as bigint)
    return `[${rowid},${rowid}]`
  }
}
