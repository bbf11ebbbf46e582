import { types } from "node:util"
import { isDate, isTimestamp } from "./calendar.ts"
import type { ColumnType } from "../../services/domain/Contract.ts"
import {
  floor,
  getPrototypeOf,
  getTime,
  isArray,
  isWellFormed,
  objectPrototype,
  tagOf,
  toISOString,
} from "./primordials.ts"
import { describe, Refusal } from "./rowError.ts"

/** Classes of values as bits, so that what a column has seen is one small integer. */
export const INTEGER = 1
export const NUMBER = 2
export const BOOLEAN = 4
export const DATE = 8
export const TIMESTAMP = 16
export const STRING = 32
export const JSON_VALUE = 64
/** All classes. */
export const ANY = 127

const isDateObject = types.isDate

/** The type that a single class bit stands for. */
export function typeOfBit(bit: number): ColumnType {
  switch (bit) {
    case INTEGER:
      return "integer"
    case NUMBER:
      return "number"
    case BOOLEAN:
      return "boolean"
    case DATE:
      return "date"
    case TIMESTAMP:
      return "timestamp"
    case STRING:
      return "string"
    case JSON_VALUE:
      return "json"
    default:
      return "unknown"
  }
}

/** The class bit of a type; 0 for `unknown`. */
export function bitOfType(type: ColumnType): number {
  switch (type) {
    case "integer":
      return INTEGER
    case "number":
      return NUMBER
    case "boolean":
      return BOOLEAN
    case "date":
      return DATE
    case "timestamp":
      return TIMESTAMP
    case "string":
      return STRING
    case "json":
      return JSON_VALUE
    case "unknown":
      return 0
  }
}

/** DATE, TIMESTAMP or STRING. */
export function bitOfText(text: string): number {
  if (text.length < 10 || text.length > 35) return STRING
  if (text.length === 10) return isDate(text) ? DATE : STRING
  return isTimestamp(text) ? TIMESTAMP : STRING
}

/** INTEGER or NUMBER; refuses NaN and the infinities. */
export function bitOfNumber(value: number): number {
  if ((value | 0) === value) return INTEGER
  // NaN and the infinities differ from themselves by NaN.
  if (value - value !== 0) throw new Refusal("a finite number", describe(value))
  return floor(value) === value ? INTEGER : NUMBER
}

/** The ISO text of a `Date`, or null when the value isn't one. Refuses invalid dates and years that ISO 8601 writes with a sign. */
export function isoOfDate(value: object): string | null {
  if (!isDateObject(value)) return null
  const time = getTime(value)
  if (time !== time) throw new Refusal("a valid Date", "an invalid Date")
  const text = toISOString(value)
  if (text.length !== 24) throw new Refusal("a Date in the years 0 to 9999", text)
  return text
}

/**
 * Refuses objects whose content own enumerable properties don't show (Map, URL, Promise, ...) and those that
 * would convert themselves with `toJSON`: written as they are, both would lose data without a word.
 */
export function refuseOpaque(value: object): void {
  if (isArray(value)) return
  const prototype = getPrototypeOf(value)
  if (prototype === objectPrototype || prototype === null) return
  const tag = tagOf(value)
  if (tag !== "Object") throw new Refusal("a plain value", describe(value))
  const convert: unknown = (value as { toJSON?: unknown }).toJSON
  if (typeof convert === "function" && convert !== (objectPrototype as { toJSON?: unknown }).toJSON) {
    throw new Refusal("a plain value", "an object with a toJSON method")
  }
}

/** The class of a value: null for null and undefined. Refuses, with a `Refusal`, what no column can hold; doesn't look inside objects. */
export function classify(value: unknown): ColumnType | null {
  switch (typeof value) {
    case "string":
      if (!isWellFormed(value)) throw new Refusal("well-formed text", "a lone surrogate")
      return typeOfBit(bitOfText(value))
    case "number":
      return typeOfBit(bitOfNumber(value))
    case "bigint":
      return "integer"
    case "boolean":
      return "boolean"
    case "undefined":
      return null
    case "object":
      if (value === null) return null
      if (isoOfDate(value) !== null) return "timestamp"
      refuseOpaque(value)
      return "json"
    default:
      throw new Refusal("a plain value", describe(value))
  }
}
