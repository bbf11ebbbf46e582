import { createHash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { rowLines } from "./dump.ts"
import type { Keys } from "./keys.ts"
import type { TableShape } from "./shape.ts"

/** Rows by their canonical text. */
export interface Digest {
  readonly rows: number
  /** SHA-256 (hex) over the lines of a slot without its header, each with a line break. */
  readonly hash: string
}

/** Takes in the lines of rows, one after another. */
export class Digester {
  readonly #hash = createHash("sha256")
  #text = ""
  rows = 0

  add(line: string): void {
    this.rows++
    this.#text += line + "\n"
    if (this.#text.length > 1 << 16) this.#flush()
  }

  digest(): Digest {
    this.#flush()
    return { rows: this.rows, hash: this.#hash.digest("hex") }
  }

  #flush(): void {
    this.#hash.update(this.#text)
    this.#text = ""
  }
}

/** The digest of rows as they are now, by the cells of some columns. */
export function digestRows(
  db: DatabaseSync,
  shape: TableShape,
  keys: Keys | "all",
  columns: ReadonlyArray<string>,
): Digest {
  const digester = new Digester()
  for (const line of rowLines(db, shape, keys, columns)) digester.add(line)
  return digester.digest()
}

/** A row's line without its rowid: what a reader of the dataset sees. */
export function cellsOf(shape: TableShape, line: string): string {
  return shape.withoutRowid ? line : line.slice(line[1] === "{" ? line.indexOf("}") + 1 : line.indexOf(","))
}
