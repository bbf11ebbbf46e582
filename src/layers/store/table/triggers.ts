import type { DatabaseSync } from "node:sqlite"
import { inMain, literal } from "./names.ts"
import type { TableShape } from "./shape.ts"

/** Does something to a table while it has no triggers; they are made again as they were, in their order. */
export function withoutTriggers(db: DatabaseSync, { name }: TableShape, run: () => void): void {
  const sql = `SELECT name, sql FROM sqlite_schema
    WHERE type = 'trigger' AND tbl_name = ${literal(name)} COLLATE NOCASE ORDER BY rowid`
  const triggers = db.prepare(sql).all()
  for (const trigger of triggers) db.exec(`DROP TRIGGER ${inMain(trigger["name"] as string)}`)
  run()
  for (const trigger of triggers) db.exec(trigger["sql"] as string)
}
