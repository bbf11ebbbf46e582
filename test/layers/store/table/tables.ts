import { Buffer } from "node:buffer"
import type { DatabaseSync } from "node:sqlite"
import type { Column, ColumnType, Contract } from "../../../../src/services/domain/Contract.ts"
import { arrive, type Arrival, type TableUnit } from "../../../../src/layers/store/table/arrive.ts"
import { dumpRows } from "../../../../src/layers/store/table/dump.ts"
import { shapeOf } from "../../../../src/layers/store/table/shape.ts"
import { redo, undo } from "../../../../src/layers/store/table/turn.ts"
import { write } from "../../formats/writing.ts"

export const column = (name: string, type: ColumnType, more: Partial<Column> = {}): Column => ({
  name,
  type,
  optional: true,
  ...more,
})

export const memory = (sql = ""): DatabaseSync => {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const db = new DatabaseSync(":memory:", {
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
  })
  db.exec(sql)
  return db
}

/** Rows as the guest stages them. */
export async function* staged(rows: ReadonlyArray<object>): AsyncGenerator<Uint8Array> {
  yield rows.length === 0 ? Buffer.alloc(0) : write(rows, { codec: "jsonl" }).bytes
}

/** All there is of a table; null when there is none. */
export const stateOf = (db: DatabaseSync, table: string): ReadonlyArray<string> | null =>
  shapeOf(db, table) === null ? null : [...dumpRows(db, table, "all")]

/** A checkpoint, and what the history keeps of it. */
export interface Kept {
  readonly unit: TableUnit
  readonly keys: ReadonlyArray<string>
  readonly before: ReadonlyArray<string> | null
  after: ReadonlyArray<string>
}

export interface Writing {
  readonly table: string
  readonly mode?: Arrival["mode"]
  readonly columns: ReadonlyArray<Column>
  readonly previous?: Contract | null
  readonly key?: ReadonlyArray<string>
  readonly rows: ReadonlyArray<object>
}

/** Brings rows in; null when nothing changed. */
export const bring = async (db: DatabaseSync, writing: Writing): Promise<Kept | null> => {
  const { table, mode = "insert", columns, previous = null, rows, key = ["id"] } = writing
  let before: ReadonlyArray<string> | null = null
  const arrived = await arrive(
    db,
    { table, mode, contract: { columns }, previous, chunks: () => staged(rows), key },
    async (lines) => void (before = [...lines]),
  )
  // The unit is kept as JSON.
  return arrived.changed
    ? { unit: JSON.parse(JSON.stringify(arrived.unit)) as TableUnit, keys: arrived.keys, before, after: [] }
    : null
}

export const takeBack = (db: DatabaseSync, kept: Kept, force = false): Promise<void> =>
  undo(db, kept.unit, { ...kept, force }, async (lines) => void (kept.after = [...lines]))

export const doAgain = (db: DatabaseSync, kept: Kept, force = false): Promise<void> =>
  redo(db, kept.unit, { ...kept, force })
