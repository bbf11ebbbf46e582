import { MalformedFile } from "./malformed.ts"
import { MOST_ROW } from "./rowLimit.ts"
import { Utf8 } from "./utf8.ts"

/** What a scan found; blank lines don't count. */
export interface JsonlScan {
  readonly rows: number
  /** All bytes pushed. */
  readonly bytes: number
  /** Whether the last line ends with a line break; true for no bytes at all. */
  readonly finalNewline: boolean
}

/** What may come next. The states of strings come in pairs: of a key, and of a value. */
const LINE = 0
const FIRST_KEY = 1
const NEXT_KEY = 2
const COLON = 3
const VALUE = 4
const FIRST_ITEM = 5
const AFTER = 6
const LINE_END = 7
const STRING = 8
const ESCAPE = 9
const HEX = 10
const NUMBER = 11
const LITERAL = 12

const OBJECT = 1
const ARRAY = 2
/** More levels than any row of ours has. */
const deepest = 1024

const QUOTE = 0x22
const BACKSLASH = 0x5c

const byteOrderMark = [0xef, 0xbb, 0xbf]

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
/** `"\/bfnrt` */
const isEscape = (byte: number): boolean =>
  byte === QUOTE ||
  byte === BACKSLASH ||
  byte === 0x2f ||
  byte === 0x62 ||
  byte === 0x66 ||
  byte === 0x6e ||
  byte === 0x72 ||
  byte === 0x74
const numberBytes = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const literals = new Set(["true", "false", "null"])

/**
 * Where a literal, or a number without exponent, ends that begins at `from` and is followed by a comma or a bracket; 0
 * for every other one, and where the chunk ends too early to tell: those are taken byte by byte.
 */
function endOfWord(chunk: Uint8Array, from: number): number {
  const first = chunk[from]!
  let at = from
  if (first >= 0x61) {
    const word = first === 0x74 ? "true" : first === 0x66 ? "false" : "null"
    for (let index = 0; index < word.length; index++) if (chunk[at++] !== word.charCodeAt(index)) return 0
  } else {
    if (first === 0x2d) at++
    const digits = at
    while (isDigit(chunk[at]!)) at++
    if (at === digits || (chunk[digits] === 0x30 && at > digits + 1)) return 0
    if (chunk[at] === 0x2e) {
      const fraction = ++at
      while (isDigit(chunk[at]!)) at++
      if (at === fraction) return 0
    }
  }
  const next = at - from > 2_000 ? 0 : chunk[at]
  return next === 0x2c || next === 0x7d || next === 0x5d ? at : 0
}

/**
 * Verifies JSON Lines byte by byte, without making values of it: every line that isn't blank must be a JSON object.
 * `push` and `end` throw `MalformedFile`.
 */
export class JsonlScanner {
  readonly #utf8 = new Utf8("jsonl")
  readonly #stack = new Uint8Array(deepest)
  #depth = 0
  #state = LINE
  #isKey = false
  /** Hex digits of an escape still to come. */
  #hex = 0
  /** The bytes of a number or literal so far. */
  #word = ""
  #rows = 0
  #line = 1
  /** Byte offset at which the line begins. */
  #lineBegin = 0
  #bytes = 0
  #last = 10

  push(chunk: Uint8Array): void {
    this.#utf8.push(chunk)
    const length = chunk.length
    let at = 0
    let end = 0
    let state = this.#state
    while (at < length) {
      let byte = chunk[at]!
      if (state === STRING) {
        while (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
          if (++at === length) break
          byte = chunk[at]!
        }
        if (at === length) break
        if (byte === QUOTE) state = this.#isKey ? COLON : AFTER
        else if (byte === BACKSLASH) state = ESCAPE
        else this.#fail("a control character in a string", at)
        at++
        continue
      }
      if (state === NUMBER || state === LITERAL) {
        if (byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20) {
          this.#endWord(state, at)
          state = AFTER
        } else {
          if (this.#word.length > 2_000) this.#fail("a number of more than 2,000 digits", at)
          this.#word += String.fromCharCode(byte)
          at++
          continue
        }
      }
      at++
      if (byte === 0x20 || byte === 0x09 || byte === 0x0d) {
        if (state >= ESCAPE) this.#fail("a broken escape", at - 1)
        continue
      }
      switch (state) {
        case LINE:
          if (byte === 0x7b) {
            this.#depth = 0
            this.#enter(OBJECT, at)
            state = FIRST_KEY
          } else if (byte === 10) this.#nextLine(at)
          else if (byte !== byteOrderMark[this.#bytes + at - 1])
            this.#fail("expected a JSON object on every line", at - 1)
          break
        case FIRST_KEY:
        case NEXT_KEY:
          if (byte === QUOTE) {
            this.#isKey = true
            state = STRING
          } else if (byte === 0x7d && state === FIRST_KEY) state = this.#leave(OBJECT, at)
          else this.#fail("expected a key", at - 1)
          break
        case COLON:
          if (byte !== 0x3a) this.#fail("expected a colon", at - 1)
          state = VALUE
          break
        case FIRST_ITEM:
        case VALUE:
          if (byte === QUOTE) {
            this.#isKey = false
            state = STRING
          } else if (byte === 0x7b) {
            this.#enter(OBJECT, at)
            state = FIRST_KEY
          } else if (byte === 0x5b) {
            this.#enter(ARRAY, at)
            state = FIRST_ITEM
          } else if (byte === 0x5d && state === FIRST_ITEM) state = this.#leave(ARRAY, at)
          else if ((end = endOfWord(chunk, at - 1)) > 0) {
            at = end
            state = AFTER
          } else if (byte === 0x2d || isDigit(byte) || (byte >= 0x61 && byte <= 0x7a)) {
            this.#word = String.fromCharCode(byte)
            state = byte >= 0x61 ? LITERAL : NUMBER
          } else this.#fail("expected a value", at - 1)
          break
        case AFTER:
          if (byte === 0x2c) state = this.#stack[this.#depth - 1] === OBJECT ? NEXT_KEY : VALUE
          else if (byte === 0x7d) state = this.#leave(OBJECT, at)
          else if (byte === 0x5d) state = this.#leave(ARRAY, at)
          else this.#fail("expected a comma or the end of an object", at - 1)
          break
        case LINE_END:
          if (byte !== 10) this.#fail("something behind the object of a line", at - 1)
          this.#rows++
          this.#nextLine(at)
          state = LINE
          break
        case ESCAPE:
          if (byte === 0x75) {
            this.#hex = 4
            state = HEX
          } else if (isEscape(byte)) state = STRING
          else this.#fail("a broken escape", at - 1)
          break
        case HEX:
          if (!isHex(byte)) this.#fail("a broken escape", at - 1)
          if (--this.#hex === 0) state = STRING
          break
      }
    }
    this.#state = state
    this.#bytes += length
    this.#last = chunk[length - 1] ?? this.#last
  }

  end(): JsonlScan {
    this.#utf8.end()
    if (this.#state === LINE_END) {
      this.#rows++
      this.#nextLine(0)
    } else if (this.#state !== LINE) this.#fail("the last line has no end", 0)
    return { rows: this.#rows, bytes: this.#bytes, finalNewline: this.#last === 10 }
  }

  /** `at`: behind the line break. */
  #nextLine(at: number): void {
    const end = this.#bytes + at
    if (end - this.#lineBegin > MOST_ROW) {
      throw new MalformedFile("jsonl", "a line of more than 64 MiB", this.#line, this.#lineBegin)
    }
    this.#lineBegin = end
    this.#line++
  }

  #enter(kind: number, at: number): void {
    if (this.#depth === deepest) this.#fail(`more than ${deepest} levels of nesting`, at - 1)
    this.#stack[this.#depth++] = kind
  }

  #leave(kind: number, at: number): number {
    if (this.#stack[--this.#depth] !== kind) this.#fail("brackets that don't match", at - 1)
    return this.#depth === 0 ? LINE_END : AFTER
  }

  #endWord(state: number, at: number): void {
    if (state === NUMBER ? numberBytes.test(this.#word) : literals.has(this.#word)) return
    this.#fail(`"${this.#word}" is not a JSON value`, at)
  }

  #fail(problem: string, at: number): never {
    throw new MalformedFile("jsonl", problem, this.#line, this.#bytes + at)
  }
}
