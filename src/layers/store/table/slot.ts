import type { DatabaseSync } from "node:sqlite"
import { cellsOf, type Digest, Digester } from "./digest.ts"
import type { SlotHeader } from "./dump.ts"
import { TableRefusal } from "./refusal.ts"
import type { TableShape } from "./shape.ts"

/** Lines of a slot or of keys, without line breaks. */
export type Lines = Iterable<string> | AsyncIterable<string>

/** Takes the lines of a slot to where they last; all of them must have been read when it is done. */
export type Keep = (lines: Iterable<string>) => Promise<void>

/** A slot being read: its header, and the lines of its rows. */
export interface Slot {
  readonly header: SlotHeader
  readonly rows: AsyncIterable<string>
}

/** Reads the header of a slot. Its rows must be read to their end. */
export async function openSlot(lines: Lines): Promise<Slot> {
  const iterator = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]()
  const first = await iterator.next()
  async function* rows() {
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { header: headerOf(first.done === true ? "" : first.value), rows: rows() }
}

/** Hands the lines of a slot over, and answers with the digests of its rows, with their rowids and without. */
export async function keepRows(
  shape: TableShape,
  lines: Iterable<string>,
  keep: Keep,
): Promise<Digest & { readonly cells: string }> {
  const [full, cells] = [new Digester(), new Digester()]
  let ended = false
  function* watched() {
    let first = true
    for (const line of lines) {
      if (!first) {
        full.add(line)
        cells.add(cellsOf(shape, line))
      }
      first = false
      yield line
    }
    ended = true
  }
  await keep(watched())
  // What follows removes these rows.
  if (!ended) throw new Error("a slot was not read to its end")
  return { ...full.digest(), cells: cells.digest().hash }
}

/** Lines of keys, all of them. */
export async function collect(lines: Lines): Promise<ReadonlyArray<string>> {
  const all: Array<string> = []
  for await (const line of lines) all.push(line)
  return all
}

function headerOf(line: string): SlotHeader {
  try {
    const header = JSON.parse(line) as SlotHeader
    if (Array.isArray(header.schema) && Array.isArray(header.columns)) return header
  } catch {
    // The same as a header that says something else.
  }
  throw new TableRefusal("damaged", "the rows that were kept have no header")
}

/** Makes the table of a slot anew, its indexes and triggers included. */
export function createFrom(db: DatabaseSync, { schema }: SlotHeader): void {
  for (const sql of schema) db.exec(sql)
}
