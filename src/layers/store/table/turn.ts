import type { DatabaseSync } from "node:sqlite"
import type { TableUnit } from "./arrive.ts"
import { addColumns } from "./declare.ts"
import { type Digest, digestRows } from "./digest.ts"
import { dumpRows } from "./dump.ts"
import { dropColumns } from "./dropColumns.ts"
import { byHand, returnByHand } from "./byHand.ts"
import type { Keys } from "./keys.ts"
import { inMain } from "./names.ts"
import { refusing, TableRefusal } from "./refusal.ts"
import { removeRows } from "./remove.ts"
import { restoreSlot } from "./restore.ts"
import { columnNamed, shapeOf, tableOf, type TableShape } from "./shape.ts"
import { collect, createFrom, type Keep, keepRows, type Lines, openSlot, type Slot } from "./slot.ts"
import { keysOf } from "./survey.ts"

/**
 * Takes back what a unit did, inside of the caller's transaction. `keep` is called once, with the slot "after": its rows
 * as they are now, before they go. `force` lets rows that were added by hand to a replaced or created table stay.
 * Throws `TableRefusal`; then the transaction must be rolled back.
 */
export async function undo(
  db: DatabaseSync,
  unit: TableUnit,
  slots: { readonly keys: Lines; readonly before: Lines | null; readonly force: boolean },
  keep: Keep,
): Promise<void> {
  const shape = tableOf(db, unit.table)
  const keys = await collect(slots.keys)
  const others = unit.created || unit.replaced ? byHand(db, shape, unit.rows, slots.force) : 0
  // What is kept says what is there, unless there are columns by now that the digest isn't over.
  const isWhole = shape.columns.map(({ name }) => name).join("\0") === unit.columns.join("\0")
  if (!isWhole) expectUnedited(digestOf(db, shape, keys, unit.columns), unit)
  const kept = await keepRows(shape, dumpRows(db, unit.table, keys), keep)
  if (isWhole) expectUnedited(kept, unit)

  removeRows(db, shape, unit.replaced && others === 0 ? "all" : keys, unit.rows)
  if (unit.created) {
    // What was added by hand lives on in the table, so that stays, too.
    if (others === 0) refusing("conflict", "the table cannot go", () => db.exec(`DROP TABLE ${inMain(unit.table)}`))
    return
  }
  dropColumns(db, shape, unit.added)
  if (unit.before === null) return
  await exchange(db, unit.table, others, slots.before, unit.before)
}

/**
 * Does again what `undo` took back, from the slot "after". `before` tells the rows that are to go from those that were
 * added by hand. Throws like `undo`.
 */
export async function redo(
  db: DatabaseSync,
  unit: TableUnit,
  slots: { readonly after: Lines; readonly before: Lines | null; readonly force: boolean },
): Promise<void> {
  if (unit.created) {
    const after = await openSlot(slots.after)
    const shape = shapeOf(db, unit.table)
    if (shape === null) refusing("conflict", "the table cannot come back", () => createFrom(db, after.header))
    else if (byHand(db, shape, 0, slots.force) === 0) throw new TableRefusal("conflict", "the table is there already")
    return restore(db, unit.table, after, unit)
  }
  const shape = tableOf(db, unit.table)
  const taken = unit.added.find(({ name }) => columnNamed(shape, name) !== undefined)
  if (taken !== undefined)
    throw new TableRefusal("conflict", `the table has a column ${JSON.stringify(taken.name)} already`)
  if (unit.before === null) {
    addColumns(db, unit.table, unit.added)
    return restore(db, unit.table, await openSlot(slots.after), unit)
  }
  const others = unit.replaced
    ? await clear(db, shape, unit.before, slots)
    : await clearSome(db, shape, unit.before, slots.before)
  addColumns(db, unit.table, unit.added)
  await exchange(db, unit.table, others, slots.after, unit)
}

/** Takes out the rows that were there before; answers how many others are there. */
async function clear(
  db: DatabaseSync,
  shape: TableShape,
  expected: NonNullable<TableUnit["before"]>,
  slots: { readonly before: Lines | null; readonly force: boolean },
): Promise<number> {
  const all = digestOf(db, shape, "all", expected.columns)
  if (all.rows === expected.rows && all.hash === expected.hash) {
    removeRows(db, shape, "all", all.rows)
    return 0
  }
  const keys = await keysOf(shape, await openSlot(slots.before ?? []))
  expectUnedited(digestOf(db, shape, keys, expected.columns), expected)
  const others = byHand(db, shape, expected.rows, slots.force)
  removeRows(db, shape, keys, expected.rows)
  return others
}

/** Takes out the rows that were upserted, as they were before; whoever else is there has nothing to do with it. */
async function clearSome(
  db: DatabaseSync,
  shape: TableShape,
  expected: NonNullable<TableUnit["before"]>,
  before: Lines | null,
): Promise<0> {
  const keys = await keysOf(shape, await openSlot(before ?? []))
  expectUnedited(digestOf(db, shape, keys, expected.columns), expected)
  removeRows(db, shape, keys, expected.rows)
  return 0
}

/** Brings the rows of a slot into a table in which nothing is left but rows that were added by hand; these stay. */
async function exchange(
  db: DatabaseSync,
  table: string,
  others: number,
  lines: Lines | null,
  expected: (Digest & { readonly columns: ReadonlyArray<string> }) | null,
): Promise<void> {
  if (lines === null || expected === null) throw new TableRefusal("damaged", "the rows that were there are not kept")
  const slot = await openSlot(lines)
  if (others === 0) return restore(db, table, slot, expected)
  const shape = tableOf(db, table)
  const [header, ...rows] = dumpRows(db, table, "all")
  removeRows(db, shape, "all", rows.length)
  await restore(db, table, slot, expected)
  returnByHand(db, shape, header!, rows)
}

async function restore(
  db: DatabaseSync,
  table: string,
  slot: Slot,
  expected: Digest & { readonly columns: ReadonlyArray<string> },
): Promise<void> {
  const restored = await restoreSlot(db, tableOf(db, table), slot)
  // A column added by hand since is in the slot, but not in the digest.
  if (slot.header.columns.length !== expected.columns.length) return
  if (restored.rows === expected.rows && restored.hash === expected.hash) return
  throw new TableRefusal("damaged", "the rows that were kept are not those that were there")
}

function digestOf(db: DatabaseSync, shape: TableShape, keys: Keys | "all", columns: ReadonlyArray<string>): Digest {
  const gone = columns.find((name) => columnNamed(shape, name) === undefined)
  if (gone !== undefined) throw new TableRefusal("edited", `the table has no column ${JSON.stringify(gone)} any more`)
  return digestRows(db, shape, keys, columns)
}

function expectUnedited(now: Digest, then: Digest): void {
  if (now.rows !== then.rows) {
    throw new TableRefusal("edited", `of ${then.rows} rows that were there, ${now.rows} are left`)
  }
  if (now.hash !== then.hash) throw new TableRefusal("edited", "rows that were there have been changed since")
}
