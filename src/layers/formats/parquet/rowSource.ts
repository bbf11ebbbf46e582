import { Buffer } from "node:buffer"
import { closeSync, openSync, readSync } from "node:fs"
import type { DuckDBValue } from "@duckdb/node-api"
import type { Contract } from "../../../services/domain/Contract.ts"
import { CellIssue, jsonDecoder } from "../decode.ts"
import { type JsonRow, JsonlReader } from "../jsonl.ts"
import { rowError } from "../lines.ts"
import { RowError } from "../rowError.ts"
import { encoder } from "./cells.ts"
import type { Library } from "./duckDb.ts"

/** What DuckDB takes at once. */
const MOST_ROWS = 2048
/** Characters after which a batch ends, so that long texts don't fill the memory by the thousand. */
const MOST_TEXT = 4 * 1024 * 1024

/**
 * The rows of JSON Lines files, one after the other, as columns of DuckDB's values, batch by batch. It reads as it is
 * asked, and at once: DuckDB doesn't wait for promises. To be closed.
 */
export class RowSource {
  readonly #files: Array<string>
  /** The file being read; null before the first and after the last. */
  #open: { readonly fd: number; readonly reader: JsonlReader } | null = null
  readonly #buffer = Buffer.allocUnsafe(256 * 1024)
  readonly #contract: Contract
  readonly #decode: ReturnType<typeof jsonDecoder>
  readonly #encode: ReadonlyArray<ReturnType<typeof encoder>>
  #held: ReadonlyArray<JsonRow> = []
  #at = 0
  /** Within its file. */
  #row = 0

  constructor(library: Library, files: ReadonlyArray<string>, contract: Contract) {
    this.#contract = contract
    this.#decode = jsonDecoder(contract)
    this.#encode = contract.columns.map((column) => encoder(library, column))
    this.#files = [...files]
  }

  /** The next rows, a list for each column; empty lists at the end. Throws `RowError`, `MalformedFile` and what the disk says. */
  next(): Array<Array<DuckDBValue>> {
    const columns: Array<Array<DuckDBValue>> = this.#contract.columns.map(() => [])
    let text = 0
    for (let rows = 0; rows < MOST_ROWS && text < MOST_TEXT; rows++) {
      const source = this.#take()
      if (source === null) break
      text += this.#add(columns, source)
      this.#row++
    }
    return columns
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open.fd)
    this.#open = null
  }

  #take(): JsonRow | null {
    while (this.#at === this.#held.length) {
      if (this.#open === null) {
        const file = this.#files.shift()
        if (file === undefined) return null
        this.#open = { fd: openSync(file, "r"), reader: new JsonlReader() }
        this.#row = 0
      }
      const { fd, reader } = this.#open
      const length = readSync(fd, this.#buffer)
      this.#held = length === 0 ? reader.end() : reader.push(this.#buffer.subarray(0, length))
      this.#at = 0
      if (length === 0) this.close()
    }
    return this.#held[this.#at++]!
  }

  /** How many characters of text the row had. */
  #add(columns: ReadonlyArray<Array<DuckDBValue>>, source: JsonRow): number {
    const row = this.#decode(source, this.#row)
    if (row instanceof CellIssue) throw new RowError({ ...row, row: this.#row })
    let text = 0
    for (const [at, { name }] of this.#contract.columns.entries()) {
      const value = Object.hasOwn(row, name) ? row[name] : null
      let encoded: DuckDBValue = null
      try {
        if (value !== null) encoded = this.#encode[at]!(value)
      } catch (error) {
        throw rowError(error, this.#row, name)
      }
      if (typeof encoded === "string") text += encoded.length
      columns[at]!.push(encoded)
    }
    return text
  }
}
