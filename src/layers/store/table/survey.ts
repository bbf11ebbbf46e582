import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import { type Digest, Digester } from "./digest.ts"
import { rowLines } from "./dump.ts"
import { KeyCollector, type Keys, parsed } from "./keys.ts"
import type { TableShape } from "./shape.ts"
import type { Slot } from "./slot.ts"

/** All rows of a table as they are: their keys and digest. */
export function survey(db: DatabaseSync, shape: TableShape): Digest & { readonly keys: Keys } {
  const columns = shape.columns.map(({ name }) => name)
  const keys = new KeyCollector()
  const digester = new Digester()
  const look = (values: ReadonlyArray<SQLOutputValue>) => keys.rowid(values[0] as bigint)
  for (const line of rowLines(db, shape, "all", columns, shape.withoutRowid ? undefined : look)) {
    digester.add(line)
    if (shape.withoutRowid) keys.key(keyCells(shape, columns, line))
  }
  return { ...digester.digest(), keys: keys.lines() }
}

/** The cells of a row's primary key, as JSON. */
export function keyCells(shape: TableShape, columns: ReadonlyArray<string>, line: string): ReadonlyArray<string> {
  const cells = JSON.parse(line) as ReadonlyArray<unknown>
  return shape.keys.map(({ name }) => JSON.stringify(cells[columns.indexOf(name)]))
}

/** The keys of a slot's rows. */
export async function keysOf(shape: TableShape, { header, rows }: Slot): Promise<Keys> {
  const keys = new KeyCollector()
  for await (const line of rows) {
    if (shape.withoutRowid) keys.key(keyCells(shape, header.columns, line))
    else keys.rowid(parsed(line)[0]!.value as bigint)
  }
  return keys.lines()
}
