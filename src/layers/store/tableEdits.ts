import { Effect } from "effect"
import type { DatabaseSync } from "node:sqlite"
import * as path from "node:path"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { contractFile } from "./contracts.ts"
import { type OpenDatabase, reasonOf } from "./database.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { Disk } from "./Disk.ts"
import { placeOf } from "./draft.ts"
import { beforeSlot, keysSlot, type Plan, type Unit } from "./plan.ts"
import { readingLines, readLines } from "./rowSlots.ts"
import { countRows } from "./table/count.ts"
import { digestRows } from "./table/digest.ts"
import { columnNamed, shapeOf, type TableShape } from "./table/shape.ts"
import { collect } from "./table/slot.ts"
import { TableRefusal } from "./table/refusal.ts"
import { undo } from "./table/turn.ts"
import { tableName } from "./tableDataset.ts"

/** What a checkpoint brought into a table. */
interface Brought {
  readonly unit: Extract<Unit, { readonly kind: "rows" }>
  /** Lines of the keys of its rows, and of those that were there before. */
  readonly keys: string
  readonly before: string
  /** Nothing else was in the table then. */
  readonly whole: boolean
}

/**
 * Whether a table has other rows, or other cells in its rows, than the checkpoints in force brought. Where the history
 * no longer tells of all that was brought, rows that were added don't show.
 */
export const hasTableEdits = Effect.fnUntraced(function* (
  home: string,
  dataset: SourceDataset,
  { file, connection }: OpenDatabase,
  inForce: ReadonlyArray<Plan>,
) {
  const disk = yield* Disk
  const place = placeOf(home, dataset)
  const all = inForce.flatMap((plan) => broughtBy(home, dataset, plan).filter(({ unit }) => unit.path === place))
  const brought = all.slice(
    Math.max(
      0,
      all.findLastIndex(({ whole }) => whole),
    ),
  )
  const work = Effect.tryPromise({
    try: () => differs(connection, tableName(dataset), brought),
    catch: (cause) => new StoreFailed({ operation: "read", path: dataset.source, code: reasonOf(cause) }),
  })
  return yield* disk.work("read", file, work)
})

const broughtBy = (home: string, { name }: SourceDataset, plan: Plan): ReadonlyArray<Brought> => {
  const isFirst = plan.units.some((one) => one.kind === "swap" && one.path === contractFile(name) && !one.before)
  return plan.units.flatMap((unit, index) => {
    if (unit.kind !== "rows") return []
    const whole = unit.table.created || unit.table.replaced || isFirst
    const slot = (name: typeof keysSlot) => path.join(home, name(plan.id, index))
    return [{ unit, keys: slot(keysSlot), before: slot(beforeSlot), whole }]
  })
}

const differs = async (db: DatabaseSync, table: string, brought: ReadonlyArray<Brought>): Promise<boolean> => {
  const shape = shapeOf(db, table)
  if (shape === null) return false
  if (brought.some(({ unit: { table } }) => table.before !== null && !table.replaced)) {
    return await cannotBeTakenBack(db, table, brought)
  }
  let rows = 0
  for (const { unit, keys } of brought) {
    if (!(await isAsBrought(db, shape, unit.table, keys))) return true
    rows += unit.table.rows
  }
  return brought[0]?.whole === true && countRows(db, shape) !== rows
}

/** Rows that were upserted since are no edits: whether all is as it was brought shows by taking it back, just to look. */
const cannotBeTakenBack = async (
  db: DatabaseSync,
  table: string,
  brought: ReadonlyArray<Brought>,
): Promise<boolean> => {
  db.exec("SAVEPOINT openislands_looking")
  try {
    for (const { unit, keys, before } of brought.toReversed()) {
      await readingLines((read) => {
        const rows = unit.table.before === null ? null : read(before)
        return undo(db, unit.table, { keys: read(keys), before: rows, force: false }, async (lines) => {
          for (const _ of lines);
        })
      })
    }
    const first = brought[0]!
    const shape = first.whole && !first.unit.table.replaced ? shapeOf(db, table) : null
    return shape !== null && countRows(db, shape) > 0
  } catch (error) {
    if (error instanceof TableRefusal) return true
    throw error
  } finally {
    if (db.isTransaction) db.exec("ROLLBACK TO openislands_looking; RELEASE openislands_looking")
  }
}

const isAsBrought = async (
  db: DatabaseSync,
  shape: TableShape,
  { columns, rows, hash }: Brought["unit"]["table"],
  keys: string,
): Promise<boolean> => {
  if (columns.some((column) => columnNamed(shape, column) === undefined)) return false
  const now = digestRows(db, shape, await collect(readLines(keys)), columns)
  return now.rows === rows && now.hash === hash
}
