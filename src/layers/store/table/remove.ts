import type { DatabaseSync, StatementSync } from "node:sqlite"
import { whereKey } from "./dump.ts"
import type { Keys } from "./keys.ts"
import { inMain } from "./names.ts"
import { refusing, TableRefusal } from "./refusal.ts"
import type { TableShape } from "./shape.ts"

/** Takes rows out, of which there are `expected`. The table's triggers see them go. Throws `TableRefusal`. */
export function removeRows(db: DatabaseSync, shape: TableShape, keys: Keys | "all", expected: number): void {
  const removed = refusing("conflict", "the table lets no rows go", () =>
    keys === "all"
      ? Number(db.prepare(`DELETE FROM ${inMain(shape.name)}`).run().changes)
      : keys.reduce(remover(db, shape), 0),
  )
  if (removed === expected) return
  throw new TableRefusal(
    "conflict",
    `a trigger of the table keeps rows in it: ${removed} of ${expected} could be removed`,
  )
}

/** Takes out the rows of a line of keys and counts them. */
export function remover(db: DatabaseSync, shape: TableShape): (removed: number, key: string) => number {
  const statements = new Map<string, StatementSync>()
  return (removed, key) => {
    const [where, values] = whereKey(shape, key)
    let statement = statements.get(where)
    if (statement === undefined) {
      statements.set(where, (statement = db.prepare(`DELETE FROM ${inMain(shape.name)} WHERE ${where}`)))
    }
    return removed + Number(statement.run(...values).changes)
  }
}
