import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import type { NetEdits } from "../netEdits.ts"
import { type Arrived, keepSome, undoable, unitOf } from "./arrive.ts"
import { type Changed, findConcerned } from "./concerned.ts"
import { countRows } from "./count.ts"
import { whereKey } from "./dump.ts"
import { demandRows, readBack, type Targets, targetsOf, valuesOf } from "./insert.ts"
import { conflictless, inserter, keyCellReader, placeOf } from "./inserter.ts"
import { KeyCollector } from "./keys.ts"
import { inMain, quoted } from "./names.ts"
import { RefusedRow, refusingRow } from "./refusal.ts"
import { removeRows } from "./remove.ts"
import { tableOf, type TableShape } from "./shape.ts"
import type { Keep } from "./slot.ts"

export interface Amending {
  readonly table: string
  readonly contract: Contract
  readonly net: NetEdits
  /** The contract once these rows are there. */
  readonly settle: (rows: Iterable<Row>) => Contract
}

export type Amended = Arrived & {
  /** Rows that were there and concerned. */
  readonly touched: number
  readonly contract: Contract
}

/**
 * Edits rows of a table, inside of the caller's transaction: of a row that changes only the columns that are set are
 * written, and no other row is. `keep` is called, once at most, with the slot "before". Throws as `arrive` does.
 */
export const amend = (db: DatabaseSync, amending: Amending, keep: Keep): Promise<Amended> =>
  undoable(db, () => edit(db, amending, keep))

async function edit(db: DatabaseSync, { table, contract, net, settle }: Amending, keep: Keep): Promise<Amended> {
  const shape = tableOf(db, table)
  const found = findConcerned(db, shape, contract, net)
  const { touched } = found
  const settled = settle([...found.changed.map(({ row }) => row), ...net.fresh])
  if (found.all.length === 0 && net.fresh.length === 0) return { changed: false, touched, contract: settled }
  const before = found.all.length === 0 ? undefined : await keepSome(db, shape, found.all, keep)
  const count = shape.triggers ? countRows(db, shape) : 0
  removeRows(db, shape, found.gone.keys, found.gone.rows)
  const targets = targetsOf(shape, settled)
  const keys = new KeyCollector()
  update(db, shape, targets, found.changed, keys)
  insert(db, shape, targets, net.fresh, keys)
  demandRows(db, shape, count - found.gone.rows + net.fresh.length)
  const rows = found.changed.length + net.fresh.length
  const written = { rows, ...readBack(db, shape, keys.lines(), targets, rows) }
  // Where null is a default, a row may be what it was.
  if (before?.rows === rows && before.hash === written.hash) return { changed: false, touched, contract: settled }
  const unit = unitOf(db, table, written, before === undefined ? {} : { before })
  return { changed: true, keys: written.keys, unit: { ...unit, replaced: false }, touched, contract: settled }
}

function update(
  db: DatabaseSync,
  shape: TableShape,
  targets: Targets,
  changed: ReadonlyArray<Changed>,
  keys: KeyCollector,
): void {
  const returning = shape.withoutRowid ? shape.keys.map(({ name }) => quoted(name)) : [shape.rowid!]
  const keyCell = keyCellReader(db)
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>()
  for (const { key, set } of changed) {
    const columns = targets.filter(({ column }) => Object.hasOwn(set, column.name))
    const names = columns.map(({ target }) => target.name)
    const values = numberless(columns, set)
    const [where, params] = whereKey(shape, key)
    const sets = columns.map(({ target }) => `${quoted(target.name)} = ${placeOf(target)}`)
    const sql = `UPDATE ${conflictless(db, shape)}${inMain(shape.name)} SET ${sets.join()} WHERE ${where} RETURNING ${returning.join()}`
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = refusingRow(null, shape.name, names, () => db.prepare(sql))
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      statements.set(sql, statement)
    }
    const now = refusingRow(null, shape.name, names, () => statement.get(...values, ...params)) as unknown as
      ReadonlyArray<SQLOutputValue> | undefined
    if (now === undefined) throw new RefusedRow(null, null, "a trigger of the table ignores the change")
    if (shape.withoutRowid) keys.key(now.map(keyCell))
    else keys.rowid(now[0] as bigint)
  }
}

function insert(
  db: DatabaseSync,
  shape: TableShape,
  targets: Targets,
  fresh: ReadonlyArray<Row>,
  keys: KeyCollector,
): void {
  if (fresh.length === 0) return
  const columns = targets.map(({ target }) => target)
  const names = columns.map(({ name }) => name)
  const into = refusingRow(null, shape.name, names, () => inserter(db, shape, columns, keys))
  for (const [index, row] of fresh.entries()) {
    const values = valuesOf(targets, row, index)
    if (!refusingRow(index, shape.name, names, () => into.add(values))) {
      throw new RefusedRow(index, null, "a trigger of the table ignores it")
    }
  }
}

/** A row that is there already has no number among those that were sent. */
const numberless = (columns: Targets, row: Row) => {
  try {
    return valuesOf(columns, row, 0)
  } catch (error) {
    if (error instanceof RefusedRow) throw new RefusedRow(null, error.column, error.detail)
    throw error
  }
}
