import { indexOf, jsonStringify, slice, tagOf } from "./primordials.ts"

/** A row that cannot be written, whatever the contract says. It lives in the guest, so it is a plain `Error` with a tag. */
export class RowError extends Error {
  readonly _tag = "RowError"
  /** 0-based, within this output in this sync; the message counts from 1. */
  readonly row: number
  /** Null when the row as a whole is at fault. */
  readonly column: string | null
  readonly expected: string
  readonly got: string
  /** For a person, of the row: `id 7`; null where it has none, undefined until somebody who knows its output tells. */
  key: string | null | undefined
  /** A private name tells our own errors from a guest's proxies, which may throw at `instanceof`. */
  readonly #ours = true

  constructor(facts: { readonly row: number; readonly column: string | null; expected: string; got: string }) {
    const where = facts.column === null ? "" : `, column ${jsonStringify(facts.column)}`
    super(`Row ${facts.row + 1}${where}: expected ${facts.expected}, got ${facts.got}`)
    this.name = "RowError"
    this.row = facts.row
    this.column = facts.column
    this.expected = facts.expected
    this.got = facts.got
  }

  static is(value: unknown): value is RowError {
    return typeof value === "object" && value !== null && #ours in value && value.#ours
  }
}

/** Why a value is refused, before it is known which row and column it sits in. */
export class Refusal extends Error {
  readonly expected: string
  readonly got: string
  readonly #ours = true

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }

  static is(value: unknown): value is Refusal {
    return typeof value === "object" && value !== null && #ours in value && value.#ours
  }
}

/** Characters of a text that are shown, and of a message. */
const mostOfText = 60
const mostOfMessage = 200

/** What no secret has in it; JSON has it around each text. */
const gaps = " \n\r\t\"'`<>"

/**
 * The beginning of a text, cut between words: secrets are taken out of messages later, by what they are, and a half of
 * one would stay. (The kit has the same for where nobody meddles with builtins.)
 */
function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text
  let end = most
  while (end > 0 && indexOf(gaps, slice(text, end, end + 1)) < 0) end--
  while (end > 0 && indexOf(gaps, slice(text, end - 1, end)) >= 0) end--
  return slice(text, 0, end) + "…"
}

function describeText(text: string): string {
  const shown = beginningOf(text, mostOfText)
  return shown === "…" ? `a text of ${text.length} characters` : jsonStringify(shown)
}

/** A value in a few words for a person: `NaN`, `"abc"`, `a function`, `an object of type Map`. Never throws. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return describeText(value)
    case "number":
    case "boolean":
    case "undefined":
      return "" + value
    case "bigint":
      return value + "n"
    case "function":
      return "a function"
    case "symbol":
      return "a symbol"
    default:
      if (value === null) return "null"
      try {
        const tag = tagOf(value)
        return tag === "Object" ? "an object" : tag === "Array" ? "an array" : `an object of type ${tag}`
      } catch {
        return "an object"
      }
  }
}

/** What was thrown, as text. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    if (typeof thrown === "object" && thrown !== null) {
      const message: unknown = (thrown as { message?: unknown }).message
      if (typeof message === "string") return `a throw: ${beginningOf(message, mostOfMessage)}`
    }
    return `a throw: ${describe(thrown)}`
  } catch {
    return "a throw"
  }
}
