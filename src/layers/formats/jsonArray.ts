import { Buffer, isAscii } from "node:buffer"
import type { OnSpan } from "./csvReader.ts"
import type { JsonRow } from "./jsonl.ts"
import { MAX_DEPTH, parseJson } from "./losslessJson.ts"
import { MalformedFile } from "./malformed.ts"
import { Utf8 } from "./utf8.ts"

/** Beyond this a bracket or quote that is never closed is likelier than a row, and the text would outgrow a string. */
const MAX_ELEMENT = 256 * 1024 * 1024

/** What may come next at the top level, and what is wrong where something else does. */
const START = 0
const FIRST = 1
const NEXT = 2
const AFTER = 3
const DONE = 4
const ELEMENT = 5
const expected = [
  "expected an array of objects",
  "expected an object or the end of the array",
  "expected an object behind the comma",
  "expected a comma or the end of the array",
  "something behind the end of the array",
]

const LF = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
/** Braces and brackets differ by this bit only. */
const BRACE = 0x20
const OPEN = 0x7b
const CLOSE = 0x7d

const byteOrderMark = [0xef, 0xbb, 0xbf]
/** Where in the text a `SyntaxError` of V8 lies, when it says so. */
const position = /(?: in JSON)? at position (\d+)(?: \(line \d+ column \d+\))?$/

/**
 * Reads a JSON array of objects, of any layout, chunk by chunk and holding one element at a time. No bytes or only
 * blanks are no rows. `push` and `end` throw `MalformedFile`.
 */
export class JsonArrayReader {
  readonly #utf8 = new Utf8("json")
  #state = START
  /** Brackets open within the element; which closes which is left to the parser. */
  #depth = 0
  #string = false
  #escaped = false
  /** Text of an element whose end hasn't come, where it begins, and how many bytes it has so far. */
  #rest: Array<string> = []
  #from = { line: 1, offset: 0 }
  #held = 0
  #line = 1
  /** Bytes scanned, and bytes pushed: a character that isn't complete has yet to be scanned. */
  #offset = 0
  #pushed = 0
  readonly #onSpan: OnSpan | null

  /** `onSpan` is called once for each row, in their order: where its object begins and ends. */
  constructor(onSpan: OnSpan | null = null) {
    this.#onSpan = onSpan
  }

  /** The rows that this chunk completes. */
  push(chunk: Uint8Array): Array<JsonRow> {
    let bytes: Uint8Array
    try {
      bytes = this.#utf8.push(chunk)
    } catch (error) {
      throw this.#withLine(error, chunk)
    }
    const rows = this.#scan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.#pushed += chunk.length
    return rows
  }

  /** No rows, since a row is complete without what follows it; throws when the array isn't. */
  end(): Array<JsonRow> {
    try {
      this.#utf8.end()
    } catch (error) {
      throw this.#withLine(error, new Uint8Array(0))
    }
    if (this.#state === START || this.#state === DONE) return []
    // The parser tells best why an element has no end.
    if (this.#state === ELEMENT) this.#parse("")
    throw this.#malformed("the array has no end", this.#offset)
  }

  #scan(bytes: Buffer): Array<JsonRow> {
    const rows: Array<JsonRow> = []
    const length = bytes.length
    // One text for the chunk and slices of it, where a byte is a character.
    const text = isAscii(bytes) ? bytes.toString("latin1") : null
    let begin = 0
    let at = 0
    while (at < length) {
      if (this.#state !== ELEMENT) {
        const byte = bytes[at]!
        if (byte === OPEN && (this.#state === FIRST || this.#state === NEXT)) {
          this.#from = { line: this.#line, offset: this.#offset + at }
          this.#state = ELEMENT
          begin = at
        } else {
          this.#between(byte, at++)
          continue
        }
      }
      at = this.#endOfElement(bytes, at)
      const part = text === null ? bytes.toString("utf8", begin, at) : text.slice(begin, at)
      if (this.#state === ELEMENT) {
        this.#rest.push(part)
        this.#held += at - begin
        if (this.#held > MAX_ELEMENT) throw this.#element("an object of more than 256 MiB")
      } else {
        rows.push(this.#parse(part))
        this.#onSpan?.(this.#from.offset, this.#offset + at)
      }
    }
    this.#offset += length
    return rows
  }

  /** A byte that is part of no element. */
  #between(byte: number, at: number): void {
    const state = this.#state
    if (byte === LF) this.#line++
    else if (byte === 0x20 || byte === 0x09 || byte === 0x0d) return
    else if (byte === COMMA && state === AFTER) this.#state = NEXT
    else if (byte === (CLOSE ^ BRACE) && (state === AFTER || state === FIRST)) this.#state = DONE
    else if (byte === (OPEN ^ BRACE) && state === START) this.#state = FIRST
    else if (state !== START || byte !== byteOrderMark[this.#offset + at]) {
      throw this.#malformed(expected[state]!, this.#offset + at)
    }
  }

  /** Where the element ends that `at` lies in; then the state is `AFTER`. Else the end of the chunk. */
  #endOfElement(bytes: Uint8Array, at: number): number {
    const length = bytes.length
    let depth = this.#depth
    let string = this.#string
    if (this.#escaped) {
      this.#escaped = false
      at++
    }
    while (at < length) {
      const byte = bytes[at++]!
      if (string) {
        if (byte === QUOTE) string = false
        else if (byte === BACKSLASH) at++
      } else if (byte === QUOTE) string = true
      else if (byte === LF) this.#line++
      else if ((byte | BRACE) === OPEN) {
        if (++depth > MAX_DEPTH) throw this.#element("nested too deeply")
      } else if ((byte | BRACE) === CLOSE && --depth === 0) {
        this.#state = AFTER
        break
      }
    }
    this.#escaped = at > length
    this.#depth = depth
    this.#string = string
    return Math.min(at, length)
  }

  #parse(tail: string): JsonRow {
    let text = tail
    if (this.#rest.length > 0) {
      text = this.#rest.join("") + tail
      this.#rest = []
      this.#held = 0
    }
    try {
      return parseJson(text) as JsonRow
    } catch (error) {
      const { line, offset } = this.#from
      // It may quote some of the text, line breaks included.
      const message = (error as Error).message.replace(/\s+/g, " ")
      const before = Buffer.from(text.slice(0, Number(position.exec(message)?.[1] ?? 0)))
      const problem = message.replace(position, "")
      throw new MalformedFile("json", problem, line + count(before, LF), offset + before.length)
    }
  }

  /** An error of `Utf8`, which knows the byte, with the line. */
  #withLine(error: unknown, chunk: Uint8Array): unknown {
    if (!(error instanceof MalformedFile)) return error
    const before = chunk.subarray(0, Math.max(0, (error.offset ?? 0) - this.#pushed))
    return new MalformedFile("json", error.problem, this.#line + count(before, LF), error.offset)
  }

  /** What is wrong with an element as a whole. */
  #element(problem: string): MalformedFile {
    return new MalformedFile("json", problem, this.#from.line, this.#from.offset)
  }

  #malformed(problem: string, offset: number): MalformedFile {
    return new MalformedFile("json", problem, this.#line, offset)
  }
}

function count(bytes: Uint8Array, byte: number): number {
  let found = 0
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) found++
  return found
}

/** The rows of a JSON array in batches, one per chunk that completes any. Fails with `MalformedFile`. */
export async function* readJsonArray(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onSpan: OnSpan | null = null,
): AsyncGenerator<Array<JsonRow>, void, undefined> {
  const reader = new JsonArrayReader(onSpan)
  for await (const chunk of chunks) {
    const rows = reader.push(chunk)
    if (rows.length > 0) yield rows
  }
  reader.end()
}
