import { Buffer } from "node:buffer"
import { MalformedFile } from "./malformed.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

const LF = 0x0a
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Verified JSON Lines as elements of an array: bytes that go before its closing, one chunk per chunk. `first` says that
 * the array has no elements yet. Fails with `MalformedFile` for a line that doesn't begin with `{`: a blank line or a
 * byte order mark, which a reader of JSON Lines passes over, would break the array.
 */
export async function* elementsOf(lines: Chunks, first: boolean): AsyncGenerator<Uint8Array, void, undefined> {
  let fresh = first
  let lineStart = true
  let line = 0
  let offset = 0
  for await (const chunk of lines) {
    // Room for a comma before each byte: chunks live briefly, and pages that aren't written to cost nothing.
    const out = Buffer.allocUnsafe(chunk.length * 2 + 2)
    let length = 0
    let at = 0
    while (at < chunk.length) {
      if (lineStart) {
        line++
        if (chunk[at] !== OPEN_BRACE) {
          throw new MalformedFile("jsonl", "expected a JSON object at the beginning of the line", line, offset + at)
        }
        if (!fresh) out[length++] = COMMA
        out[length++] = LF
        fresh = false
        lineStart = false
      }
      const lineBreak = chunk.indexOf(LF, at)
      const end = lineBreak < 0 ? chunk.length : lineBreak
      out.set(chunk.subarray(at, end), length)
      length += end - at
      lineStart = lineBreak >= 0
      at = end + 1
    }
    offset += chunk.length
    if (length > 0) yield out.subarray(0, length)
  }
}

/** Verified JSON Lines as a whole file, an array with one element a line. Fails as `elementsOf` does. */
export async function* arrayOf(lines: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  let empty = true
  yield Buffer.from("[")
  for await (const elements of elementsOf(lines, true)) {
    empty = false
    yield elements
  }
  yield Buffer.from(empty ? "]\n" : "\n]\n")
}

/**
 * Where new elements go in the file of an array of objects that ends with `tail`: `length` bytes before its end. Null
 * when `tail` holds too little of the end to tell, or isn't the end of such a file.
 */
export function arrayEnd(tail: Uint8Array): { readonly length: number; readonly empty: boolean } | null {
  const close = beforeBlanks(tail, tail.length)
  if (tail[close] !== CLOSE_BRACKET) return null
  const last = beforeBlanks(tail, close)
  if (tail[last] !== CLOSE_BRACE && tail[last] !== OPEN_BRACKET) return null
  return { length: tail.length - last - 1, empty: tail[last] === OPEN_BRACKET }
}

/** The last byte before `end` that is no blank; -1 when there is none. */
function beforeBlanks(bytes: Uint8Array, end: number): number {
  let at = end - 1
  while (bytes[at] === 0x20 || bytes[at] === LF || bytes[at] === 0x0d || bytes[at] === 0x09) at--
  return at
}
