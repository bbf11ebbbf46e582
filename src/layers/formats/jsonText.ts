import {
  getOwnPropertySymbols,
  isArray,
  isWellFormed,
  jsonStringify,
  matches,
  objectKeys,
  propertyIsEnumerable,
  toBigInt,
} from "./primordials.ts"
import { describe, Refusal } from "./rowError.ts"
import { bitOfNumber, isoOfDate, refuseOpaque } from "./values.ts"

const MAX_DEPTH = 100
/** What verifies staged rows takes no longer a number. */
const MAX_DIGITS = 2_000

/** What JSON escapes, and surrogates, which may be alone. */
const special = /["\\\x00-\x1f\ud800-\udfff]/

/** Whether text needs no escapes: then it is its own JSON between two quotes. */
export function isPlainJson(text: string): boolean {
  return !matches(special, text)
}

/** Text as a JSON string; refuses lone surrogates. */
export function jsonString(text: string): string {
  if (isPlainJson(text)) return '"' + text + '"'
  if (!isWellFormed(text)) throw new Refusal("well-formed text", "a lone surrogate")
  return jsonStringify(text)
}

/** A finite number that is an integer, in full digits. */
export function integerText(value: number): string {
  return value >= 1e21 || value <= -1e21 ? "" + toBigInt(value) : "" + value
}

/** A bigint in digits. */
export function bigintText(value: bigint): string {
  const text = "" + value
  const digits = text.length - (value < 0n ? 1 : 0)
  if (digits > MAX_DIGITS) throw new Refusal("an integer of at most 2,000 digits", `one of ${digits}`)
  return text
}

/** Refuses an object that has enumerable symbol keys: no file format can hold them. */
export function refuseSymbols(value: object): void {
  const symbols = getOwnPropertySymbols(value)
  for (let at = 0; at < symbols.length; at++) {
    if (propertyIsEnumerable(value, symbols[at]!)) throw new Refusal("text as a key", "a symbol as a key")
  }
}

/**
 * Any value as JSON text. Like `JSON.stringify` in what it leaves out (undefined), unlike it in that only `Date` is
 * converted, a bigint is written in digits, and what JSON would blur (NaN, functions, Map, symbols) is refused.
 */
export function jsonText(value: unknown): string {
  return nested(value, 0)
}

function nested(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return jsonString(value)
    case "number":
      bitOfNumber(value)
      return "" + value
    case "boolean":
      return "" + value
    case "bigint":
      return bigintText(value)
    case "undefined":
      return "null"
    case "object":
      return value === null ? "null" : nestedObject(value, depth)
    default:
      throw new Refusal("a plain value", describe(value) + (depth > 0 ? " inside a nested value" : ""))
  }
}

function nestedObject(value: object, depth: number): string {
  const iso = isoOfDate(value)
  if (iso !== null) return '"' + iso + '"'
  // A cycle is a depth without end, so one check serves both.
  if (depth >= MAX_DEPTH) throw new Refusal(`at most ${MAX_DEPTH} levels of nesting`, "a cyclic or deeper value")
  refuseOpaque(value)
  if (isArray(value)) {
    let out = "["
    for (let at = 0; at < value.length; at++) out += (at === 0 ? "" : ",") + nested(value[at], depth + 1)
    return out + "]"
  }
  refuseSymbols(value)
  const keys = objectKeys(value)
  let out = "{"
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    const inner = (value as Record<string, unknown>)[key]
    if (inner !== undefined) out += (out === "{" ? "" : ",") + jsonString(key) + ":" + nested(inner, depth + 1)
  }
  return out + "}"
}
