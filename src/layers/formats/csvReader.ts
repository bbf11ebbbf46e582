import { Buffer } from "node:buffer"
import { MalformedFile } from "./malformed.ts"
import { MOST_ROW } from "./rowLimit.ts"
import { textOf, Utf8 } from "./utf8.ts"

/** Characters. Beyond this an unclosed quote is likelier than a record, and looking for its end would take ever longer. */
const MAX_RECORD = MOST_ROW

/** A record that is longer is looked at again only once it has doubled: else its end is sought anew for every chunk. */
const LONG = 1024 * 1024

/** Where a record or row stands: byte offsets of its beginning and, its line break not counted, its end. */
export type OnSpan = (from: number, to: number) => void

/** One record: its fields' text, null for a field that is nothing; `""` in the file is the empty string. */
export type CsvRecord = Array<string | null>

/**
 * Reads the records of a CSV chunk by chunk. A blank line is a record of one null where records have one field
 * (`columns` says so, or the first record does), and nothing elsewhere. `push` and `end` throw `MalformedFile`.
 */
export class CsvReader {
  readonly #utf8 = new Utf8("csv")
  #columns: number
  /** Text of a record that isn't complete, and the byte offset where it begins. */
  #rest = ""
  /** What came behind it and waits. */
  #waiting: Array<string> = []
  #waitingLength = 0
  #offset = 0
  #records = 0
  #started = false
  readonly #onSpan: OnSpan | null

  /** `onSpan` is called once for each record, in their order. */
  constructor(columns: number | null = null, onSpan: OnSpan | null = null) {
    this.#columns = columns ?? -1
    this.#onSpan = onSpan
  }

  /** The records that this chunk completes. */
  push(chunk: Uint8Array): Array<CsvRecord> {
    return this.#read(textOf(this.#utf8.push(chunk)), false)
  }

  /** The last record, when no line break ends it. */
  end(): Array<CsvRecord> {
    this.#utf8.end()
    return this.#read("", true)
  }

  #read(more: string, final: boolean): Array<CsvRecord> {
    if (!final && this.#waits(more)) return []
    let text = this.#rest + this.#waiting.join("") + more
    this.#waiting = []
    this.#waitingLength = 0
    if (!this.#started && text.length > 0) {
      this.#started = true
      if (text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1)
        this.#offset += 3
      }
    }
    const records: Array<CsvRecord> = []
    const length = text.length
    const tell = this.#onSpan === null ? null : spansOf(text, this.#offset, this.#onSpan)
    let record: CsvRecord = []
    let begin = 0
    let at = 0
    while (at < length) {
      let field: string | null
      if (text.charCodeAt(at) === 34) {
        const close = this.#closing(text, at)
        if (close < 0) {
          if (!final) break
          throw this.#malformed("a quoted field is never closed", text, at)
        }
        // A quote at the very end may yet turn out to be doubled.
        if (close + 1 === length && !final) break
        field = text.slice(at + 1, close)
        if (field.includes('"')) field = field.replaceAll('""', '"')
        at = close + 1
      } else {
        const from = at
        for (let code; at < length; at++) {
          code = text.charCodeAt(at)
          if (code <= 44 && (code === 44 || code === 10 || code === 13)) break
        }
        if (at === length && !final) break
        field = at === from ? null : text.slice(from, at)
      }
      const next = at < length ? text.charCodeAt(at) : 10
      // A line feed may follow in the next chunk, so the record isn't over.
      if (next === 13 && at + 1 === length && !final) break
      if (next === 44) {
        record.push(field)
        at++
        if (at === length && final) {
          this.#finish(records, record, null)
          tell?.(begin, at)
        }
        continue
      }
      if (next !== 10 && next !== 13) throw this.#malformed("text after a closing quote", text, at)
      const end = at
      at += next === 13 && text.charCodeAt(at + 1) === 10 ? 2 : 1
      if (field !== null || record.length > 0 || this.#columns === 1) {
        this.#finish(records, record, field)
        tell?.(begin, end)
      }
      record = []
      begin = Math.min(at, length)
    }
    this.#rest = final ? "" : text.slice(begin)
    if (this.#rest.length > MAX_RECORD) throw this.#malformed("a record of more than 64 MiB", text, begin)
    this.#offset += Buffer.byteLength(text) - Buffer.byteLength(this.#rest)
    return records
  }

  #waits(more: string): boolean {
    const length = this.#waitingLength + more.length
    if (this.#rest.length < LONG || length >= this.#rest.length || this.#rest.length + length > MAX_RECORD) return false
    this.#waiting.push(more)
    this.#waitingLength = length
    return true
  }

  #finish(records: Array<CsvRecord>, record: CsvRecord, last: string | null): void {
    record.push(last)
    records.push(record)
    this.#records++
    if (this.#columns < 0) this.#columns = record.length
  }

  #closing(text: string, open: number): number {
    let at = text.indexOf('"', open + 1)
    while (at >= 0 && text.charCodeAt(at + 1) === 34) at = text.indexOf('"', at + 2)
    return at
  }

  #malformed(problem: string, text: string, at: number): MalformedFile {
    return new MalformedFile("csv", problem, this.#records + 1, this.#offset + Buffer.byteLength(text.slice(0, at)))
  }
}

/** Tells of spans of a text, in their order, as bytes; `offset` is where the text begins. */
function spansOf(text: string, offset: number, onSpan: OnSpan): (begin: number, end: number) => void {
  let counted = 0
  let bytes = offset
  return (begin, end) => {
    const from = bytes + Buffer.byteLength(text.slice(counted, begin))
    bytes = from + Buffer.byteLength(text.slice(begin, end))
    counted = end
    onSpan(from, bytes)
  }
}

/** The records of a CSV in batches, one per chunk that completes any. Fails with `MalformedFile`. */
export async function* readCsvRecords(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  columns: number | null = null,
  onSpan: OnSpan | null = null,
): AsyncGenerator<Array<CsvRecord>, void, undefined> {
  const reader = new CsvReader(columns, onSpan)
  for await (const chunk of chunks) {
    const records = reader.push(chunk)
    if (records.length > 0) yield records
  }
  const last = reader.end()
  if (last.length > 0) yield last
}
