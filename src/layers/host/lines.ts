import { shortened } from "../../kit/responseError.ts"

/** Bytes of the longest line that is kept; of the rest the number. */
const longest = 64 * 1024

/** Cuts what a guest prints into lines; holds no more of it than one line. */
export class Lines {
  readonly #onLine: (text: string) => void
  #parts: Array<Buffer> = []
  #length = 0
  #dropped = 0

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#add(chunk.subarray(from, at))
      this.#end()
      from = at + 1
    }
    if (from < chunk.length) this.#add(chunk.subarray(from))
  }

  /** The last line, when nothing ended it. */
  flush(): void {
    if (this.#length > 0) this.#end()
  }

  #add(part: Buffer): void {
    const kept = part.subarray(0, longest - this.#length)
    if (kept.length > 0) this.#parts.push(kept)
    this.#length += kept.length
    this.#dropped += part.length - kept.length
  }

  #end(): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    const text = this.#dropped === 0 ? withoutReturn(bytes) : cut(bytes, this.#dropped)
    this.#parts = []
    this.#length = 0
    this.#dropped = 0
    this.#onLine(text)
  }
}

const withoutReturn = (bytes: Buffer): string => bytes.toString("utf8", 0, bytes.length - (bytes.at(-1) === 13 ? 1 : 0))

/** Between words; of the last one nobody knows how it would have gone on. */
const cut = (bytes: Buffer, dropped: number): string => {
  const whole = bytes.toString("utf8", 0, wholeCharacters(bytes))
  const text = shortened(`${whole}-`, whole.length)
  return `${text}... (${dropped + bytes.length - Buffer.byteLength(text)} more bytes)`
}

/** How many of the bytes are whole characters of UTF-8. */
const wholeCharacters = (bytes: Buffer): number => {
  let start = bytes.length - 1
  while (start > bytes.length - 4 && (bytes[start]! & 0xc0) === 0x80) start--
  const first = bytes[start]!
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return start + size > bytes.length ? start : bytes.length
}
