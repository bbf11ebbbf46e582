import { Buffer } from "node:buffer"
import type { Eol } from "../../services/domain/Contract.ts"
import { csvText } from "./csvText.ts"
import { MalformedFile } from "./malformed.ts"

export interface TranscodeOptions {
  /** Line ends of the output. */
  readonly eol: Eol
  /** The first input record is a header, which is dropped. */
  readonly inputHeader: boolean
  /** The output begins with a header of the new columns. */
  readonly outputHeader: boolean
  /** Fields of the shortest input records (a report's `headerColumns`); with 1 a blank line is a row of null. Default: all. */
  readonly shortest?: number
}

/** A record that is longer is looked at again only once it has doubled: else its end is sought anew for every chunk. */
const LONG = 1024 * 1024

const QUOTE = 34
const COMMA = 44
const LF = 10
const CR = 13

/** The raw field of every output column; bytes are copied as they are, so no value is decoded or quoted anew. */
class Transcoder {
  readonly #from: ReadonlyArray<string>
  readonly #source: Int32Array
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #eol: Buffer
  readonly #blankIsRow: boolean
  #skipHeader: boolean
  #rest: Buffer = Buffer.alloc(0)
  /** What came behind it and waits. */
  #waiting: Array<Buffer> = []
  #waitingLength = 0
  #offset = 0
  #record = 0
  #out: Buffer
  #length = 0

  constructor(from: ReadonlyArray<string>, to: ReadonlyArray<string>, options: TranscodeOptions) {
    this.#from = from
    this.#source = Int32Array.from(to, (name) => from.indexOf(name))
    this.#starts = new Int32Array(from.length + 1)
    this.#ends = new Int32Array(from.length + 1)
    this.#eol = Buffer.from(options.eol)
    this.#blankIsRow = (options.shortest ?? from.length) <= 1
    this.#skipHeader = options.inputHeader
    this.#out = Buffer.from(options.outputHeader ? to.map(csvText).join(",") + options.eol : "")
    this.#length = this.#out.length
  }

  push(chunk: Uint8Array, final: boolean): Uint8Array {
    if (!final && this.#rest.length >= LONG && this.#waitingLength + chunk.length < this.#rest.length) {
      this.#waiting.push(Buffer.from(chunk))
      this.#waitingLength += chunk.length
      return Buffer.alloc(0)
    }
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, ...this.#waiting, chunk])
    this.#waiting = []
    this.#waitingLength = 0
    if (this.#offset === 0 && this.#record === 0) {
      if (bytes.length < 3 && !final) {
        this.#rest = bytes
        return Buffer.alloc(0)
      }
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
        bytes = bytes.subarray(3)
        this.#offset = 3
      }
    }
    let begin = 0
    while (begin < bytes.length) {
      const end = this.#next(bytes, begin, final)
      if (end < 0) break
      begin = end
    }
    this.#rest = bytes.subarray(begin)
    this.#offset += begin
    const out = this.#out.subarray(0, this.#length)
    this.#out = Buffer.alloc(0)
    this.#length = 0
    return out
  }

  /** Finds the record that begins at `begin`, writes it, and gives the offset after it; -1 when it isn't complete. */
  #next(bytes: Buffer, begin: number, final: boolean): number {
    const length = bytes.length
    const most = this.#from.length
    let fields = 0
    let at = begin
    for (;;) {
      const from = at
      if (bytes[at] === QUOTE) {
        at++
        for (;;) {
          at = bytes.indexOf(QUOTE, at)
          if (at < 0) {
            if (final) throw this.#malformed("a quoted field is never closed", from)
            return -1
          }
          at++
          if (at === length && !final) return -1
          if (bytes[at] !== QUOTE) break
          at++
        }
      } else {
        for (; at < length; at++) {
          const byte = bytes[at]!
          if (byte <= COMMA && (byte === COMMA || byte === LF || byte === CR)) break
        }
      }
      if (at === length && !final) return -1
      if (fields <= most) {
        this.#starts[fields] = from
        this.#ends[fields] = at
      }
      fields++
      if (at < length && bytes[at] === COMMA) {
        at++
        continue
      }
      if (at < length && bytes[at] !== LF && bytes[at] !== CR) throw this.#malformed("text after a closing quote", at)
      break
    }
    if (bytes[at] === CR && at + 1 === length && !final) return -1
    const blank = fields === 1 && at === begin
    const after = at + (bytes[at] === CR && bytes[at + 1] === LF ? 2 : at < length ? 1 : 0)
    if (blank && (!this.#blankIsRow || (this.#record === 0 && this.#skipHeader))) return after
    if (this.#skipHeader) this.#skipHeader = false
    else if (fields > most) throw this.#malformed(`${fields} fields, expected at most ${most}`, begin)
    else this.#write(bytes, fields, after - begin)
    this.#record++
    return after
  }

  #write(bytes: Buffer, fields: number, size: number): void {
    const source = this.#source
    const needed = this.#length + size + source.length + 2
    if (needed > this.#out.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed * 2, 64 * 1024))
      this.#out.copy(grown, 0, 0, this.#length)
      this.#out = grown
    }
    const out = this.#out
    let to = this.#length
    for (let column = 0; column < source.length; column++) {
      if (column > 0) out[to++] = COMMA
      const index = source[column]!
      if (index < 0 || index >= fields) continue
      const end = this.#ends[index]!
      for (let at = this.#starts[index]!; at < end; at++) out[to++] = bytes[at]!
    }
    for (let at = 0; at < this.#eol.length; at++) out[to++] = this.#eol[at]!
    this.#length = to
  }

  #malformed(problem: string, at: number): MalformedFile {
    return new MalformedFile("csv", problem, this.#record + 1, this.#offset + at)
  }
}

/**
 * Rewrites the records of a CSV for other columns: reordered, and filled up with nulls where a record ends early or a
 * column is new. Fails with `MalformedFile` when a record has more fields than `from`. A byte order mark is dropped.
 */
export async function* transcodeCsv(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  from: ReadonlyArray<string>,
  to: ReadonlyArray<string>,
  options: TranscodeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const transcoder = new Transcoder(from, to, options)
  for await (const chunk of chunks) {
    const out = transcoder.push(chunk, false)
    if (out.length > 0) yield out
  }
  const last = transcoder.push(new Uint8Array(0), true)
  if (last.length > 0) yield last
}
