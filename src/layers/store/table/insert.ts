import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite"
import type { Column, Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import { CellIssue, jsonDecoder } from "../../formats/decode.ts"
import { readJsonl } from "../../formats/jsonl.ts"
import { Refusal } from "../../formats/rowError.ts"
import { type Bind, binderOf } from "./bind.ts"
import { countRows } from "./count.ts"
import { cellsOf, Digester } from "./digest.ts"
import { rowLines } from "./dump.ts"
import type { Keys } from "./keys.ts"
import { inserter } from "./inserter.ts"
import { RefusedRow, refusingRow } from "./refusal.ts"
import { columnNamed, type TableColumn, tableOf, type TableShape } from "./shape.ts"
import { fits } from "./storedAs.ts"

/** Rows that were inserted: how many, which ones, and the digest of what is there now, in the order of `keys`. */
export interface Inserted {
  readonly rows: number
  readonly keys: Keys
  readonly hash: string
  /** The same rows without their rowids. */
  readonly cells: string
}

/** The contract's columns beside the table's. */
export type Targets = ReadonlyArray<Target>
interface Target {
  readonly column: Column
  readonly target: TableColumn
  readonly bind: Bind
  /** Objects have an inherited property of this name. */
  readonly inherited: boolean
}

/**
 * Inserts staged JSON Lines in their order; absent keys are null, and null is the column's default where it must not be
 * null. Throws `RefusedRow` for what the table refuses or wouldn't keep as it is, and `MalformedFile`.
 */
export async function insertRows(
  db: DatabaseSync,
  table: string,
  contract: Contract,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Inserted> {
  const shape = tableOf(db, table)
  const targets = targetsOf(shape, contract)
  const decode = jsonDecoder(contract)
  const columns = targets.map(({ target }) => target)
  const names = columns.map(({ name }) => name)
  // A trigger may write to the table as well; what it did there beyond our rows could not be undone.
  const before = shape.triggers ? countRows(db, shape) : 0
  const insert = refusingRow(null, shape.name, names, () => inserter(db, shape, columns))
  let rows = 0
  for await (const batch of readJsonl(chunks)) {
    for (const staged of batch) {
      const row = decode(staged, rows)
      if (row instanceof CellIssue) throw new RefusedRow(rows, row.column, `expected ${row.expected}, got ${row.got}`)
      const values = valuesOf(targets, row, rows)
      if (!refusingRow(rows, shape.name, names, () => insert.add(values))) {
        throw new RefusedRow(rows, null, "a trigger of the table ignores it")
      }
      rows++
    }
  }
  demandRows(db, shape, before + rows)
  return { rows, ...readBack(db, shape, insert.keys(), targets, rows) }
}

export const targetsOf = (shape: TableShape, contract: Contract): Targets =>
  contract.columns.map((column) => {
    const target = columnNamed(shape, column.name)
    if (target === undefined) throw new RefusedRow(null, column.name, "the table has no such column")
    return { column, target, bind: binderOf(column, target), inherited: column.name in {} }
  })

/** Fails where a trigger wrote more than we did. */
export const demandRows = (db: DatabaseSync, shape: TableShape, expected: number): void => {
  if (!shape.triggers || countRows(db, shape) === expected) return
  throw new RefusedRow(null, null, "a trigger of the table adds or removes other rows of it, which no undo could know")
}

export function valuesOf(targets: Targets, row: Row, index: number): Array<SQLInputValue> {
  const values: Array<SQLInputValue> = []
  for (const { column, bind, inherited } of targets) {
    const value = inherited && !Object.hasOwn(row, column.name) ? null : (row[column.name] ?? null)
    try {
      values.push(value === null ? null : bind(value))
    } catch (error) {
      if (!Refusal.is(error)) throw error
      throw new RefusedRow(index, column.name, error.message)
    }
  }
  return values
}

/** What is there isn't what was bound: defaults, the column's type and triggers have had their say. */
export function readBack(db: DatabaseSync, shape: TableShape, keys: Keys, targets: Targets, rows: number) {
  const [full, cells] = [new Digester(), new Digester()]
  const first = shape.rowid === null ? 0 : 1
  const checks = shape.columns.map(({ name }) => targets.find(({ target }) => target.name === name)?.column ?? null)
  const look = (values: ReadonlyArray<SQLOutputValue>) => {
    for (let at = 0; at < checks.length; at++) {
      const column = checks[at]!
      if (column === null || fits(column, values[at + first]!)) continue
      throw new RefusedRow(null, column.name, `it is no ${column.type} any more once it is in the table`)
    }
  }
  const names = shape.columns.map(({ name }) => name)
  for (const line of rowLines(db, shape, keys, names, look)) {
    full.add(line)
    cells.add(cellsOf(shape, line))
  }
  if (full.rows !== rows) throw new RefusedRow(null, null, "a trigger of the table changes the keys of new rows")
  return { keys, hash: full.digest().hash, cells: cells.digest().hash }
}
