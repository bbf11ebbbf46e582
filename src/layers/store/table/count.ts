import type { DatabaseSync } from "node:sqlite"
import { inMain } from "./names.ts"
import type { TableShape } from "./shape.ts"

/** All rows of a table; this reads the whole of it. */
export function countRows(db: DatabaseSync, { name }: Pick<TableShape, "name">): number {
  return db.prepare(`SELECT count(*) AS rows FROM ${inMain(name)}`).get()!["rows"] as number
}

export function hasRows(db: DatabaseSync, { name }: Pick<TableShape, "name">): boolean {
  return db.prepare(`SELECT 1 FROM ${inMain(name)} LIMIT 1`).get() !== undefined
}
