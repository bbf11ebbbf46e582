/** Only a run of digits this long can be an integer that a double doesn't hold. */
const longDigits = /\d{16}/
const integer = /^-?\d+$/
/** Blanks and a colon, right here. */
const colonHere = /[ \t\r\n]*:/y

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown

const keepIntegers: Reviver = (_key, value, context) => {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && integer.test(source) ? BigInt(source) : value
}

/** The parser takes any depth, but some 64 bytes for each bracket that is open: enough of them would end the process. */
export const MAX_DEPTH = 1_000_000

const tooDeep = "nested too deeply"

/** `JSON.parse`, but an integer that a double doesn't hold becomes a bigint. Throws a `SyntaxError`. */
export function parseJson(text: string): unknown {
  if (text.length > MAX_DEPTH && isTooDeep(text)) throw new SyntaxError(tooDeep)
  try {
    return parse(text)
  } catch (error) {
    // Keeping big integers, and putting keys back, goes less deep than the parser.
    if (error instanceof RangeError) throw new SyntaxError(tooDeep)
    throw error
  }
}

/** Which bracket closes which is left to the parser. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = closingQuote(text, at)
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_DEPTH) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/** The end of the text where there is none. */
function closingQuote(text: string, open: number): number {
  let at = open + 1
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) break
    if (code === 0x5c) at++
  }
  return at
}

function parse(text: string): unknown {
  if (text.includes("\\")) {
    const keys = escapedKeys(text)
    if (keys.length > 0) return withPlainKeys(text, keys)
  }
  return longDigits.test(text) ? JSON.parse(text, keepIntegers) : JSON.parse(text)
}

interface Key {
  /** Of the opening quote, and after the closing one. */
  readonly from: number
  readonly to: number
}

/** Where keys with an escape stand. By hand, because a regular expression takes time or stack without bound for a hostile text. */
function escapedKeys(text: string): Array<Key> {
  const keys: Array<Key> = []
  let slash = text.indexOf("\\")
  for (let from = text.indexOf('"'); from >= 0 && slash >= 0;) {
    let escaped = false
    let close = text.indexOf('"', from + 1)
    if (slash < from) slash = text.indexOf("\\", from)
    while (slash >= 0 && slash < close) {
      escaped = true
      if (close <= slash + 1) close = text.indexOf('"', slash + 2)
      slash = text.indexOf("\\", slash + 2)
    }
    if (close < 0) break
    colonHere.lastIndex = close + 1
    if (escaped && colonHere.test(text)) keys.push({ from, to: close + 1 })
    from = text.indexOf('"', close + 1)
  }
  return keys
}

/**
 * V8 13.6 (Node 24) misreads a key with an escape where this process has seen a like object with a key that ends in a
 * backslash: after `{"\\":1}`, `{"\n":1}` has the key `\`. So such keys are read under other names and put back.
 */
function withPlainKeys(text: string, keys: ReadonlyArray<Key>): unknown {
  let mark = "\ue000"
  while (text.includes(mark)) mark += mark
  let plain = ""
  let done = 0
  const names = keys.map(({ from, to }, index) => {
    plain += `${text.slice(done, from)}"${mark}${index}"`
    done = to
    return JSON.parse(text.slice(from, to)) as string
  })
  const named = (key: string) => (key.startsWith(mark) ? names[Number(key.slice(mark.length))]! : key)
  const restored = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(restored)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [named(key), restored(inner)]))
  }
  return restored(JSON.parse(plain + text.slice(done), keepIntegers))
}
