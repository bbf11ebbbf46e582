import { Buffer } from "node:buffer"
import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { Column, Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import { parseJson } from "../../formats/losslessJson.ts"
import { allRows } from "../../formats/readRows.ts"
import { inMain, quoted } from "./names.ts"
import { tableOf } from "./shape.ts"

const BATCH = 1000

/**
 * The rows of a table in the order of their rowids or primary keys, in batches, as `Row` says. A blob, which only a mixed
 * column may hold, is its hexadecimal digits. Cells must fit the contract: see `checkTable`.
 */
export function* readTable(
  db: DatabaseSync,
  table: string,
  contract: Contract,
  { from, most } = allRows,
): Generator<ReadonlyArray<Row>, void, undefined> {
  const shape = tableOf(db, table)
  const { columns } = contract
  const cells = columns.map(({ name }) => quoted(name))
  const list = cells.length === 0 ? "NULL" : cells.join()
  const statement = db.prepare(`SELECT ${list} FROM ${inMain(shape.name)} ORDER BY ${shape.order} LIMIT ? OFFSET ?`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  let batch: Array<Row> = []
  // SQLite takes no infinity for all of them.
  const limit = Number.isFinite(most) ? most : -1
  for (const values of statement.iterate(limit, from) as unknown as Iterable<ReadonlyArray<SQLOutputValue>>) {
    const row: Record<string, unknown> = {}
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!
      const value = cellValue(column, values[at]!)
      if (column.name !== "__proto__") row[column.name] = value
      else Object.defineProperty(row, column.name, { value, writable: true, enumerable: true, configurable: true })
    }
    batch.push(row)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A stored cell as a row has it. */
export function cellValue({ type }: Column, value: SQLOutputValue): unknown {
  if (value === null) return null
  switch (type) {
    case "boolean":
      return Number(value) === 1
    case "number":
      return Number(value) + 0
    case "integer":
      return plain(typeof value === "number" ? BigInt(value) : value)
    case "json":
      return typeof value === "string" ? parseJson(value) : plain(value)
    default:
      return plain(value)
  }
}

/** Integers as numbers where these hold them. */
function plain(value: SQLOutputValue): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === "number") return value + 0
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex").toUpperCase() : value
}
