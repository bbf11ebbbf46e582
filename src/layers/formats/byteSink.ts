import { Buffer } from "node:buffer"

/** Where encoded bytes go; `write` takes them at once and may throw. */
export interface ByteSink {
  write(bytes: Uint8Array): void
}

/** Characters gathered before they become one chunk of bytes. */
export const CHUNK = 64 * 1024

const encode = Buffer.from as (text: string, encoding: "utf8") => Uint8Array
const byteLength = Buffer.byteLength as (text: string, encoding: "utf8") => number
/** Bytes of UTF-8 that a character of JavaScript's becomes at most. */
const WIDEST = 3

/** Whether text takes more bytes than this. */
export const isLongerThan = (text: string, most: number): boolean =>
  text.length > most / WIDEST && byteLength(text, "utf8") > most

/** Gathers text into chunks of about `CHUNK` characters and hands them on as UTF-8. */
export class TextOut {
  /** Bytes handed to the sink so far. */
  bytes = 0
  #text = ""
  readonly #sink: ByteSink

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  add(text: string): void {
    this.#text += text
    if (this.#text.length >= CHUNK) this.flush()
  }

  flush(): void {
    if (this.#text.length === 0) return
    const chunk = encode(this.#text, "utf8")
    this.#text = ""
    this.bytes += chunk.length
    this.#sink.write(chunk)
  }
}
