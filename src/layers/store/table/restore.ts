import type { DatabaseSync, StatementSync } from "node:sqlite"
import { integerJson } from "./cells.ts"
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
  }

  add(line: string): void {
    const changes = this.#put(line)
    this.#lines.add(line)
    if (this.#shape.withoutRowid) this.#keys.key(keyCells(this.#shape, this.#columns, line))
    else this.#keys.rowid(parsed(line)[0]!.value as bigint)
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
          this.#put(line)
        }
      })
    }
    const wanted = this.#lines.digest()
    const found = digestRows(this.#db, this.#shape, this.#keys.lines(), this.#columns)
    if (found.rows === wanted.rows && found.hash === wanted.hash) return wanted
    throw new TableRefusal("conflict", "the table would not keep the rows as they were")
  }

  /** How many rows it became. */
  #put(line: string): number {
    const cells = parsed(line)
    const { rowid, rowidColumn } = this.#shape
    if (cells.length !== this.#columns.length + (rowid === null ? 0 : 1)) {
      throw new TableRefusal("damaged", `a row that was kept has ${cells.length} cells`)
    }
    // The column that is the rowid brings it along.
    const first = rowid !== null && rowidColumn !== null && this.#has(rowidColumn) ? 1 : 0
    const places = cells.slice(first).map(({ raw }) => (raw ? "CAST(? AS TEXT)" : "?"))
    const id = places.join()
    let statement = this.#statements.get(id)
    return refusing("conflict", "a row cannot come back", () => {
      if (statement === undefined) {
        const names = this.#columns.map(quoted)
        if (rowid !== null && first === 0) names.unshift(rowid)
        statement = this.#db.prepare(`${this.#insert} (${names.join()}) VALUES (${id})`)
        this.#statements.set(id, statement)
      }
      return Number(statement.run(...cells.slice(first).map(({ value }) => value)).changes)
    })
  }

  #has(column: string): boolean {
    return this.#columns.includes(column)
  }

  #keyOf(line: string): string {
    if (this.#shape.withoutRowid) return `[${keyCells(this.#shape, this.#columns, line).join()}]`
    const rowid = integerJson(parsed(line)[0]!.value as bigint)
    return `[${rowid},${rowid}]`
  }
}
