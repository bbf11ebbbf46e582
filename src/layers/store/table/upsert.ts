import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite"
import type { Contract } from "../../../services/domain/Contract.ts"
import type { Upserted } from "../../../services/domain/Run.ts"
import { CellIssue, jsonDecoder } from "../../formats/decode.ts"
import { readJsonl } from "../../formats/jsonl.ts"
import { countRows } from "./count.ts"
import { type Found, findRows, forget, type StagedRows } from "./finding.ts"
import { type Inserted, demandRows, readBack, type Targets, targetsOf, valuesOf } from "./insert.ts"
import { conflictless, inserter, keyCellReader, placeOf } from "./inserter.ts"
import { KeyCollector } from "./keys.ts"
import { inMain, quoted } from "./names.ts"
import { RefusedRow, refusingRow } from "./refusal.ts"
import { columnNamed, tableOf, type TableShape } from "./shape.ts"

export interface Upserting {
  readonly table: string
  readonly contract: Contract
  /** Columns of the contract. */
  readonly key: ReadonlyArray<string>
  /** Staged JSON Lines, each time from the beginning; each key comes once. */
  readonly chunks: () => AsyncIterable<Uint8Array>
}

/**
 * Brings staged rows in by their keys: the table's row of a key gets all of the staged one's values (null where it has
 * none, the default where that must not be), the others are inserted. `between` is called once the rows are known that
 * will change, and none has; it may add columns. Throws as `insertRows` does, and `DuplicateRows`.
 */
export async function upsertRows(
  db: DatabaseSync,
  { table, contract, key, chunks }: Upserting,
  between: (found: Found) => Promise<void>,
): Promise<Inserted & { readonly counts: Upserted }> {
  const rows = stagedRows(contract, chunks)
  const found = await findIn(db, tableOf(db, table), contract, key, rows)
  await between(found)
  const shape = tableOf(db, table)
  const targets = targetsOf(shape, contract)
  const before = shape.triggers ? countRows(db, shape) : 0
  const keys = new KeyCollector()
  const columns = targets.map(({ target }) => target)
  const names = columns.map(({ name }) => name)
  const insert = refusingRow(null, shape.name, names, () => inserter(db, shape, columns, keys))
  const update = found.changed === 0 ? null : updater(db, shape, targets, found.where, keys)
  let [inserted, updated] = [0, 0]
  for await (const batch of rows()) {
    for (const [number, row] of batch) {
      const kind = found.kindOf(number)
      if (kind === "same") continue
      const values = valuesOf(targets, row, number)
      const isDone = refusingRow(number, shape.name, names, () =>
        kind === "fresh" ? insert.add(values) : update!([...values, number]),
      )
      if (!isDone) throw new RefusedRow(number, null, "a trigger of the table ignores it")
      if (kind === "fresh") inserted++
      else updated++
    }
  }
  if (found.where !== "") forget(db)
  demandRows(db, shape, before + inserted)
  const counts = { new: inserted, changed: updated, unchanged: found.unchanged }
  return { rows: inserted + updated, counts, ...readBack(db, shape, keys.lines(), targets, inserted + updated) }
}

/** A table that lacks a column of the key has no row of any. */
const findIn = async (
  db: DatabaseSync,
  shape: TableShape,
  contract: Contract,
  key: ReadonlyArray<string>,
  rows: StagedRows,
): Promise<Found> => {
  const known = contract.columns.filter(({ name }) => columnNamed(shape, name) !== undefined)
  if (key.some((name) => known.every((column) => column.name !== name))) {
    return { changed: 0, unchanged: 0, keys: [], kindOf: () => "fresh", where: "" }
  }
  return await findRows(db, shape, contract, key, rows)
}

const stagedRows = (contract: Contract, chunks: Upserting["chunks"]): StagedRows =>
  async function* () {
    const decode = jsonDecoder(contract)
    let rows = 0
    for await (const batch of readJsonl(chunks())) {
      yield batch.map((source) => {
        const row = decode(source, rows)
        if (row instanceof CellIssue) throw new RefusedRow(rows, row.column, `expected ${row.expected}, got ${row.got}`)
        return [rows++, row] as const
      })
    }
  }

/** For rows of values in the order of the targets, with the staged row's number behind them. */
function updater(db: DatabaseSync, shape: TableShape, targets: Targets, where: string, keys: KeyCollector) {
  const sets = targets.map(({ target }) => {
    // The row's own number cannot be null, and stays what it is.
    const own = target.name === shape.rowidColumn ? `ifnull(?, ${quoted(target.name)})` : placeOf(target)
    return `${quoted(target.name)} = ${own}`
  })
  const returning = shape.withoutRowid ? shape.keys.map(({ name }) => quoted(name)) : [shape.rowid!]
  const sql = `UPDATE ${conflictless(db, shape)}${inMain(shape.name)} SET ${sets.join()} WHERE ${where} RETURNING ${returning.join()}`
  const statement = db.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const keyCell = keyCellReader(db)
  return (values: ReadonlyArray<SQLInputValue>) => {
    const now = statement.get(...values) as unknown as ReadonlyArray<SQLOutputValue> | undefined
    if (now === undefined) return false
    if (shape.withoutRowid) keys.key(now.map(keyCell))
    else keys.rowid(now[0] as bigint)
    return true
  }
}
