import { Buffer, isUtf8 } from "node:buffer"
import type { Codec } from "../../services/domain/Contract.ts"
import { MalformedFile } from "./malformed.ts"

/** How many bytes at the end of `bytes` begin a character that isn't complete yet. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Where the first invalid character begins. */
function firstInvalid(bytes: Uint8Array): number {
  let good = 0
  let length = bytes.length
  // Halving: a prefix cut at a character boundary is valid exactly when no invalid character begins in it.
  while (length > 0) {
    const half = length >> 1
    const prefix = bytes.subarray(0, good + half + 1)
    if (isUtf8(prefix.subarray(0, prefix.length - unfinished(prefix)))) {
      good += half + 1
      length -= half + 1
    } else length = half
  }
  return good - unfinished(bytes.subarray(0, good))
}

/** Checks that chunks together are UTF-8 and cuts them where characters end. */
export class Utf8 {
  #carry: Uint8Array = new Uint8Array(0)
  #offset = 0
  readonly #codec: Codec

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** The bytes of all complete characters since the last call. Throws `MalformedFile`. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk])
    const end = bytes.length - unfinished(bytes)
    const whole = bytes.subarray(0, end)
    if (!isUtf8(whole)) throw new MalformedFile(this.#codec, "not UTF-8", null, this.#offset + firstInvalid(whole))
    // Copied, because a caller may reuse its chunk; `slice` of a Buffer would not.
    this.#carry = Uint8Array.from(bytes.subarray(end))
    this.#offset += end
    return whole
  }

  /** Throws `MalformedFile` when the last character is incomplete. */
  end(): void {
    if (this.#carry.length > 0) throw new MalformedFile(this.#codec, "not UTF-8", null, this.#offset)
  }
}

/** The text of bytes that are known to be UTF-8; a byte order mark stays. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
}
