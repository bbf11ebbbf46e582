import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { Row } from "../../services/domain/Row.ts"
import { jsonText } from "../formats/jsonText.ts"

const chunk = 1 << 18

/** Rows as JSON Lines in a file that has no name any more: it goes with its descriptor, also when the process dies. */
export class SetAside {
  readonly #descriptor: number
  #size = 0

  constructor(batches: Iterable<ReadonlyArray<Row>>) {
    const directory = mkdtempSync(path.join(tmpdir(), "openislands-"))
    try {
      this.#descriptor = openSync(path.join(directory, "rows"), "wx+", 0o600)
    } finally {
      rmSync(directory, { recursive: true })
    }
    try {
      for (const rows of batches) this.#write(Buffer.from(rows.map((row) => `${jsonText(row)}\n`).join("")))
    } catch (error) {
      // Nobody has it yet to close it, and the space that it takes is its own until then.
      closeSync(this.#descriptor)
      throw error
    }
  }

  #write(lines: Buffer): void {
    for (let at = 0; at < lines.length;) at += writeSync(this.#descriptor, lines, at)
    this.#size += lines.length
  }

  *chunks(): Generator<Uint8Array> {
    for (let position = 0; position < this.#size;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunk, this.#size - position))
      position += readSync(this.#descriptor, buffer, 0, buffer.length, position)
      yield buffer
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}
