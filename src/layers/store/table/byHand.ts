import type { DatabaseSync } from "node:sqlite"
import { integerJson } from "./cells.ts"
import { countRows } from "./count.ts"
import type { SlotHeader } from "./dump.ts"
import { inMain } from "./names.ts"
import { TableRefusal } from "./refusal.ts"
import { Restoring } from "./restore.ts"
import type { TableShape } from "./shape.ts"

/**
 * How many rows a table has beyond those that are known to be in it; without `force` there must be none. Less than none
 * where some of the known ones are gone, which shows in these.
 */
export function byHand(db: DatabaseSync, shape: TableShape, known: number, force: boolean): number {
  const others = countRows(db, shape) - known
  if (others <= 0 || force) return others
  throw new TableRefusal("more", others === 1 ? "it has 1 row more" : `it has ${others} rows more`)
}

/**
 * Brings rows that were added by hand back among others: with their rowids where these are free, with new ones where
 * the rowid is nobody's key. Throws `TableRefusal`.
 */
export function returnByHand(db: DatabaseSync, shape: TableShape, header: string, lines: ReadonlyArray<string>): void {
  const { columns } = JSON.parse(header) as SlotHeader
  const restoring = new Restoring(db, shape, columns)
  const homeless: Array<ReadonlyArray<unknown>> = []
  const { rowid, rowidColumn } = shape
  const movable = rowid !== null && rowidColumn === null
  const taken = movable ? db.prepare(`SELECT 1 FROM ${inMain(shape.name)} WHERE ${rowid} = ?`) : null
  for (const line of lines) {
    const cells = JSON.parse(line) as ReadonlyArray<unknown>
    if (taken !== null && taken.get(BigInt(integerOf(cells[0]))) !== undefined) homeless.push(cells)
    else restoring.add(line)
  }
  restoring.finish()
  if (homeless.length === 0) return
  const last = db.prepare(`SELECT CAST(max(${rowid}) AS TEXT) AS last FROM ${inMain(shape.name)}`).get()!["last"]
  let next = BigInt(last as string)
  const moving = new Restoring(db, shape, columns)
  for (const cells of homeless) moving.add(`[${[integerJson(++next), ...cells.slice(1).map(text)].join()}]`)
  moving.finish()
}

function integerOf(cell: unknown): string | number {
  return typeof cell === "number" ? cell : (cell as { readonly int: string }).int
}

/** A parsed cell as it was written. */
function text(cell: unknown): string {
  return Array.isArray(cell) && Object.is(cell[0], -0) ? "[-0]" : JSON.stringify(cell)
}
