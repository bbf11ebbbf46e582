import { Buffer } from "node:buffer"
import type { OnSpan } from "./csvReader.ts"
import { parseJson } from "./losslessJson.ts"
import { MalformedFile } from "./malformed.ts"
import { textOf, Utf8 } from "./utf8.ts"

/** A row as the file holds it: any keys, values as JSON has them, big integers as bigint. */
export type JsonRow = Record<string, unknown>

/** Beyond this a file without line breaks is likelier than a row, and no text could hold it. */
const MAX_LINE = 256 * 1024 * 1024

const blank = /^[ \t\r]*$/

/** Reads JSON Lines chunk by chunk; every line that isn't blank must be a JSON object. `push` and `end` throw `MalformedFile`. */
export class JsonlReader {
  readonly #utf8 = new Utf8("jsonl")
  /** Parts of a line whose end hasn't come. */
  #rest: Array<string> = []
  #restLength = 0
  #line = 1
  /** Byte offset at which the current line begins. */
  #offset = 0
  #started = false
  readonly #onSpan: OnSpan | null

  /** `onSpan` is called once for each row, in their order: where its object begins and ends. */
  constructor(onSpan: OnSpan | null = null) {
    this.#onSpan = onSpan
  }

  /** The rows that this chunk completes. */
  push(chunk: Uint8Array): Array<JsonRow> {
    let text = textOf(this.#utf8.push(chunk))
    if (!this.#started && text.length > 0) {
      this.#started = true
      if (text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1)
        this.#offset = 3
      }
    }
    const rows: Array<JsonRow> = []
    let begin = 0
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", begin)) {
      this.#take(rows, text.slice(begin, at), 1)
      begin = at + 1
    }
    if (begin < text.length) {
      this.#rest.push(text.slice(begin))
      this.#restLength += text.length - begin
    }
    if (this.#restLength > MAX_LINE) {
      throw new MalformedFile("jsonl", "a line of more than 256 MiB", this.#line, this.#offset)
    }
    return rows
  }

  /** The last row, when no line break ends it. */
  end(): Array<JsonRow> {
    this.#utf8.end()
    const rows: Array<JsonRow> = []
    this.#take(rows, "", 0)
    return rows
  }

  #take(rows: Array<JsonRow>, tail: string, lineBreak: number): void {
    let line = tail
    if (this.#rest.length > 0) {
      line = this.#rest.join("") + tail
      this.#rest = []
      this.#restLength = 0
    }
    if (!blank.test(line)) {
      rows.push(this.#parse(line))
      if (this.#onSpan !== null) {
        // The blanks around it are as many bytes.
        const from = this.#offset + line.search(/[^ \t\r]/)
        this.#onSpan(from, from + Buffer.byteLength(line.trim()))
      }
    }
    this.#line++
    this.#offset += Buffer.byteLength(line) + lineBreak
  }

  #parse(line: string): JsonRow {
    let value: unknown
    try {
      value = parseJson(line)
    } catch (error) {
      throw new MalformedFile("jsonl", (error as Error).message, this.#line, this.#offset)
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRow
    throw new MalformedFile("jsonl", "expected a JSON object on every line", this.#line, this.#offset)
  }
}

/** The rows of JSON Lines in batches, one per chunk that completes any. Fails with `MalformedFile`. */
export async function* readJsonl(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onSpan: OnSpan | null = null,
): AsyncGenerator<Array<JsonRow>, void, undefined> {
  const reader = new JsonlReader(onSpan)
  for await (const chunk of chunks) {
    const rows = reader.push(chunk)
    if (rows.length > 0) yield rows
  }
  const last = reader.end()
  if (last.length > 0) yield last
}
