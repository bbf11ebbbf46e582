import { Buffer } from "node:buffer"
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite"

/**
 * Tells whether a text as it was read may not be what is stored: SQLite keeps any bytes as text, JavaScript doesn't. What
 * isn't UTF-8 is read with a replacement character; of UTF-16 SQLite makes pairs of halves that are none, and takes no
 * noncharacters.
 */
export function doubter(db: DatabaseSync): (value: SQLOutputValue) => value is string {
  if (db.prepare("PRAGMA encoding").get()!["encoding"] === "UTF-8") {
    return (value): value is string => typeof value === "string" && value.includes("\ufffd")
  }
  return (value): value is string => typeof value === "string" && /[\ufffd-\uffff\ud800-\udfff]/.test(value)
}

/**
 * A stored cell as JSON, so that its storage class comes back, too: an integer is a number or `{"int":"…"}`, a real
 * `[1.5]` or `{"real":"-inf"}`, text a string, a blob `{"blob":"<base64>"}`. Integers are read as bigint.
 */
export function cellJson(value: SQLOutputValue): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "bigint":
      return integerJson(value)
    case "number":
      if (Object.is(value, -0)) return "[-0]"
      if (value - value !== 0) return `{"real":"${value < 0 ? "-" : ""}inf"}`
      return `[${value}]`
    default:
      return value === null ? "null" : `{"blob":"${base64(value)}"}`
  }
}

/** An integer as JSON that no reader rounds. */
export function integerJson(value: bigint): string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? `${number}` : `{"int":"${value}"}`
}

/** Text by its bytes, in the encoding of the database. */
export function rawTextJson(bytes: Uint8Array): string {
  return `{"text":"${base64(bytes)}"}`
}

/** A cell to bind. */
export interface Cell {
  readonly value: SQLInputValue
  /** The value is the bytes of a text: SQL has to cast it. */
  readonly raw: boolean
}

/** Reads what `cellJson` and `rawTextJson` write, parsed; throws a `TypeError` at anything else. */
export function cellOf(json: unknown): Cell {
  if (json === null || typeof json === "string") return { value: json, raw: false }
  if (typeof json === "number") return { value: BigInt(json), raw: false }
  if (Array.isArray(json) && typeof json[0] === "number") return { value: json[0], raw: false }
  const [kind, text] = Object.entries(json as object)[0] ?? []
  if (typeof text === "string") {
    if (kind === "int") return { value: BigInt(text), raw: false }
    if (kind === "real") return { value: text === "inf" ? Infinity : -Infinity, raw: false }
    if (kind === "blob") return { value: Buffer.from(text, "base64"), raw: false }
    if (kind === "text") return { value: Buffer.from(text, "base64"), raw: true }
  }
  throw new TypeError("not a cell")
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
}
