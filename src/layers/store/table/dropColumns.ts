import type { DatabaseSync } from "node:sqlite"
import type { AddedColumn } from "./declare.ts"
import { inMain, quoted } from "./names.ts"
import { refusing, TableRefusal } from "./refusal.ts"
import type { TableShape } from "./shape.ts"

/** Drops columns that a checkpoint added; nothing but null may be left in them. Throws `TableRefusal`. */
export function dropColumns(db: DatabaseSync, { name }: TableShape, columns: ReadonlyArray<AddedColumn>): void {
  for (const column of columns.toReversed()) {
    const cell = quoted(column.name)
    if (db.prepare(`SELECT 1 FROM ${inMain(name)} WHERE ${cell} IS NOT NULL LIMIT 1`).get() !== undefined) {
      throw new TableRefusal("edited", `column ${JSON.stringify(column.name)}, which it added, holds other values now`)
    }
    refusing("conflict", `column ${JSON.stringify(column.name)} cannot go`, () =>
      db.exec(`ALTER TABLE ${inMain(name)} DROP COLUMN ${cell}`),
    )
  }
}
