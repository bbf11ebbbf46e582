import { MalformedFile } from "./malformed.ts"
import { MOST_ROW } from "./rowLimit.ts"
import { Utf8 } from "./utf8.ts"

/** What a scan found; records include the header line, if there is one. */
export interface CsvScan {
  readonly records: number
  /** Fewest and most fields of a record; 0 without records. */
  readonly minFields: number
  readonly maxFields: number
  /** All bytes pushed. */
  readonly bytes: number
  /** Byte offset after the line break of the last record that has one. */
  readonly recordEnd: number
  /** Whether the last record ends with a line break; true for no bytes at all. */
  readonly finalNewline: boolean
}

const START = 0
const PLAIN = 1
const QUOTED = 2
const CLOSED = 3

const QUOTE = 34
const COMMA = 44
const LF = 10
const CR = 13

/** Verifies the structure of a CSV byte by byte, without making text of it. `push` and `end` throw `MalformedFile`. */
export class CsvScanner {
  readonly #utf8 = new Utf8("csv")
  #columns: number
  #state = START
  /** Fields completed in the current record. */
  #fields = 0
  #records = 0
  #min = 0
  #max = 0
  #offset = 0
  #recordEnd = 0
  #afterCr = false
  #quoteAt = 0
  /** Bytes of a byte order mark seen so far; -1 when it is behind us or absent. */
  #bom = 0

  /** `columns` is what the first records have, when known (a report's `headerColumns`). With 1 a blank line is a row of null, else it is skipped. */
  constructor(columns: number | null = null) {
    this.#columns = columns ?? -1
  }

  push(chunk: Uint8Array): void {
    this.#utf8.push(chunk)
    let at = this.#bom >= 0 ? this.#skipBom(chunk) : 0
    const length = chunk.length
    let state = this.#state
    while (at < length) {
      if (state === PLAIN) {
        let byte = chunk[at]!
        // The four that matter are at most 44, and most text is above.
        while (byte > COMMA || (byte !== COMMA && byte !== LF && byte !== CR)) {
          if (++at === length) break
          byte = chunk[at]!
        }
        if (at === length) break
        if (byte === COMMA) {
          this.#fields++
          state = START
          this.#afterCr = false
        } else {
          this.#finishRecord(this.#offset + at + 1, byte === CR)
          state = START
        }
        at++
        continue
      }
      if (state === QUOTED) {
        while (at < length && chunk[at] !== QUOTE) at++
        if (at === length) break
        state = CLOSED
        at++
        continue
      }
      const byte = chunk[at]!
      if (state === CLOSED) {
        if (byte === QUOTE) state = QUOTED
        else if (byte === COMMA) {
          this.#fields++
          state = START
        } else if (byte === LF || byte === CR) {
          this.#finishRecord(this.#offset + at + 1, byte === CR)
          state = START
        } else throw new MalformedFile("csv", "text after a closing quote", this.#records + 1, this.#offset + at)
        at++
        continue
      }
      if (byte === QUOTE) {
        this.#quoteAt = this.#offset + at
        state = QUOTED
      } else if (byte === COMMA) this.#fields++
      else if (byte === LF && this.#afterCr) this.#recordEnd = this.#offset + at + 1
      else if (byte === LF || byte === CR) {
        if (this.#fields > 0 || this.#columns === 1) this.#finishRecord(this.#offset + at + 1, byte === CR)
        else {
          this.#recordEnd = this.#offset + at + 1
          this.#afterCr = byte === CR
        }
        at++
        continue
      } else {
        state = PLAIN
        continue
      }
      this.#afterCr = false
      at++
    }
    this.#state = state
    this.#offset += length
  }

  end(): CsvScan {
    this.#utf8.end()
    if (this.#bom > 0) this.#state = PLAIN
    if (this.#state === QUOTED) {
      throw new MalformedFile("csv", "a quoted field is never closed", this.#records + 1, this.#quoteAt)
    }
    const finalNewline = this.#state === START && this.#fields === 0
    const recordEnd = this.#recordEnd
    if (!finalNewline) this.#finishRecord(this.#offset, false)
    return {
      records: this.#records,
      minFields: this.#min,
      maxFields: this.#max,
      bytes: this.#offset,
      recordEnd,
      finalNewline,
    }
  }

  #finishRecord(end: number, afterCr: boolean): void {
    const fields = this.#fields + 1
    // The one before ended where this one begins.
    if (end - this.#recordEnd > MOST_ROW) {
      throw new MalformedFile("csv", "a record of more than 64 MiB", this.#records + 1, this.#recordEnd)
    }
    this.#fields = 0
    this.#afterCr = afterCr
    this.#recordEnd = end
    if (this.#records === 0 || fields < this.#min) this.#min = fields
    if (fields > this.#max) this.#max = fields
    if (this.#columns < 0) this.#columns = fields
    this.#records++
  }

  #skipBom(chunk: Uint8Array): number {
    const bom = [0xef, 0xbb, 0xbf]
    let at = 0
    while (at < chunk.length && this.#bom < 3 && chunk[at] === bom[this.#bom]) {
      at++
      this.#bom++
    }
    if (this.#bom === 3) this.#bom = -1
    else if (at < chunk.length) {
      // What looked like the beginning of a mark was text.
      if (this.#bom > 0) this.#state = PLAIN
      this.#bom = -1
    }
    return at
  }
}
