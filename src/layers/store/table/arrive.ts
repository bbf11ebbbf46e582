import type { DatabaseSync } from "node:sqlite"
import type { Contract } from "../../../services/domain/Contract.ts"
import type { Mode, Upserted } from "../../../services/domain/Run.ts"
import { allNew } from "../merging.ts"
import { added, type AddedColumn, addColumns, createTable, mostColumns } from "./declare.ts"
import { type Digest, digestRows } from "./digest.ts"
import { dumpRows } from "./dump.ts"
import { insertRows } from "./insert.ts"
import type { Keys } from "./keys.ts"
import { RefusedRow, refusingRow } from "./refusal.ts"
import { hasRows } from "./count.ts"
import { removeRows } from "./remove.ts"
import { retypedToJson } from "./retype.ts"
import { columnNamed, shapeOf, tableOf, type TableShape } from "./shape.ts"
import { type Keep, keepRows } from "./slot.ts"
import { survey } from "./survey.ts"
import { upsertRows } from "./upsert.ts"

/** What a checkpoint did to a table, as plain JSON; which rows these are is kept beside it, as lines of keys. */
export interface TableUnit {
  readonly table: string
  /** There was no such table. */
  readonly created: boolean
  /** All rows that were there went or were rewritten; they are kept as the slot "before". */
  readonly replaced: boolean
  /** Columns that it added. */
  readonly added: ReadonlyArray<AddedColumn>
  /** Columns that the table had then, which `hash` is over. */
  readonly columns: ReadonlyArray<string>
  /** Its rows: those inserted; all of the table's when that was created or replaced. In the order of the keys. */
  readonly rows: number
  readonly hash: string
  /**
   * The rows of the slot "before"; null without one. If it did not replace the table, these are rows that were
   * upserted or edited: those that are left are among its own, as what they have become.
   */
  readonly before: (Digest & { readonly columns: ReadonlyArray<string> }) | null
}

export interface Arrival {
  readonly table: string
  readonly mode: Mode
  /** Columns of the contract by which rows are upserted. */
  readonly key?: ReadonlyArray<string>
  /** After these rows. */
  readonly contract: Contract
  /** Before them; null for an empty dataset. */
  readonly previous: Contract | null
  /** Staged JSON Lines, each time from the beginning; what is upserted comes once for each key. */
  readonly chunks: () => AsyncIterable<Uint8Array>
}

/** `changed` is false when the table is exactly what it was. */
export type Arrived =
  { readonly changed: false } | { readonly changed: true; readonly unit: TableUnit; readonly keys: Keys }

/** What became of rows that were upserted; null of others. */
export type Brought = Arrived & { readonly upserted: Upserted | null }

const savepoint = "openislands_arrival"

/**
 * Brings staged rows into a table, inside of the caller's transaction. `keep` is called, once at most, with the slot
 * "before"; what it kept is of no use when nothing changed. Throws `RefusedRow`, `TableRefusal`, `MalformedFile` and
 * SQLite's own errors; then the table is as it was.
 */
export async function arrive(db: DatabaseSync, arrival: Arrival, keep: Keep): Promise<Brought> {
  return await undoable(db, () => bring(db, arrival, keep))
}

/** What fails, or changes nothing, leaves no trace in the caller's transaction. */
export async function undoable<A extends { readonly changed: boolean }>(
  db: DatabaseSync,
  work: () => Promise<A>,
): Promise<A> {
  db.exec(`SAVEPOINT ${savepoint}`)
  try {
    const arrived = await work()
    if (!arrived.changed) db.exec(`ROLLBACK TO ${savepoint}`)
    db.exec(`RELEASE ${savepoint}`)
    return arrived
  } catch (error) {
    // Some errors end the whole transaction.
    if (db.isTransaction) db.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`)
    throw error
  }
}

async function bring(db: DatabaseSync, arrival: Arrival, keep: Keep): Promise<Brought> {
  const { table, mode, contract, previous, chunks } = arrival
  const found = shapeOf(db, table)
  const { length } = contract.columns
  if (length > mostColumns) {
    throw new RefusedRow(null, null, `there are ${length} columns; a table takes ${mostColumns} at most`)
  }
  if (found === null) {
    refusingRow(null, table, [], () => createTable(db, table, contract))
    const inserted = await insertRows(db, table, contract, chunks())
    const unit = unitOf(db, table, inserted, { created: true })
    return { changed: true, keys: inserted.keys, unit, upserted: mode === "upsert" ? allNew(inserted.rows) : null }
  }
  const missing = contract.columns.filter(({ name }) => columnNamed(found, name) === undefined)
  const more = missing.map((column) => added(column, found.strict))
  if (mode !== "replace") {
    const retyped = retypedToJson(found, contract, previous)
    if (retyped.length > 0 && hasRows(db, found)) return rewrite(db, found, retyped, more, arrival, keep)
    if (mode === "upsert" && previous !== null) return upsert(db, found, more, arrival, keep)
    widen(db, table, more)
    const inserted = await insertRows(db, table, contract, chunks())
    const upserted = mode === "upsert" ? allNew(inserted.rows) : null
    if (inserted.rows === 0 && more.length === 0) return { changed: false, upserted }
    return { changed: true, keys: inserted.keys, unit: unitOf(db, table, inserted, { added: more }), upserted }
  }
  const before = await keepAll(db, found, keep)
  removeRows(db, found, "all", before.rows)
  widen(db, table, more)
  const inserted = await insertRows(db, table, contract, chunks())
  if (more.length === 0 && inserted.rows === before.rows) {
    if (inserted.cells === before.cells) return { changed: false, upserted: null }
    // Rows without rowids have no order but that of their keys, whatever order they came in.
    if (found.withoutRowid && digestRows(db, found, "all", before.columns).hash === before.hash)
      return { changed: false, upserted: null }
  }
  const unit = unitOf(db, table, inserted, { added: more, before })
  return { changed: true, keys: inserted.keys, unit, upserted: null }
}

async function upsert(
  db: DatabaseSync,
  shape: TableShape,
  more: ReadonlyArray<AddedColumn>,
  { table, contract, key = [], chunks }: Arrival,
  keep: Keep,
): Promise<Brought> {
  let before: Before | undefined
  const upserted = await upsertRows(db, { table, contract, key, chunks }, async ({ keys, changed }) => {
    if (changed > 0) before = await keepSome(db, shape, keys, keep)
    widen(db, table, more)
  })
  const { counts } = upserted
  // A trigger may have made a row what it was.
  if (more.length === 0 && upserted.rows === (before?.rows ?? 0) && upserted.hash === (before?.hash ?? upserted.hash))
    return { changed: false, upserted: { new: 0, changed: 0, unchanged: counts.changed + counts.unchanged } }
  const unit = unitOf(db, table, upserted, { added: more, ...(before === undefined ? {} : { before }) })
  return { changed: true, keys: upserted.keys, unit: { ...unit, replaced: false }, upserted: counts }
}

/** The old rows stay where they are, but some of their cells are to be JSON text from now on. */
async function rewrite(
  db: DatabaseSync,
  shape: TableShape,
  retyped: ReadonlyArray<string>,
  more: ReadonlyArray<AddedColumn>,
  { table, mode, contract, key = [], chunks }: Arrival,
  keep: Keep,
): Promise<Brought> {
  const before = await keepAll(db, shape, keep)
  const names = shape.columns.map(({ name }) => name)
  refusingRow(null, shape.name, names, () => {
    for (const sql of retyped) db.exec(sql)
  })
  widen(db, table, more)
  const upserts = mode === "upsert" ? await upsertRows(db, { table, contract, key, chunks }, async () => {}) : null
  if (upserts === null) await insertRows(db, table, contract, chunks())
  const all = survey(db, tableOf(db, table))
  const unit = unitOf(db, table, all, { added: more, before })
  return { changed: true, keys: all.keys, unit, upserted: upserts?.counts ?? null }
}

function widen(db: DatabaseSync, table: string, more: ReadonlyArray<AddedColumn>): void {
  refusingRow(null, table, [], () => addColumns(db, table, more))
}

type Before = Digest & { readonly cells: string; readonly columns: ReadonlyArray<string> }

const keepAll = (db: DatabaseSync, shape: TableShape, keep: Keep) => keepSome(db, shape, "all", keep)

export async function keepSome(db: DatabaseSync, shape: TableShape, keys: Keys | "all", keep: Keep): Promise<Before> {
  const kept = await keepRows(shape, dumpRows(db, shape.name, keys), keep)
  return { ...kept, columns: shape.columns.map(({ name }) => name) }
}

export function unitOf(
  db: DatabaseSync,
  table: string,
  { rows, hash }: Digest,
  facts: { readonly created?: true; readonly added?: ReadonlyArray<AddedColumn>; readonly before?: Before },
): TableUnit {
  const { before } = facts
  const shape = tableOf(db, table)
  return {
    table: shape.name,
    created: facts.created ?? false,
    replaced: before !== undefined,
    added: facts.added ?? [],
    columns: shape.columns.map(({ name }) => name),
    rows,
    hash,
    before: before === undefined ? null : { rows: before.rows, hash: before.hash, columns: before.columns },
  }
}
