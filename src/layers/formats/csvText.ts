import { charCodeAt, doubleQuotes, isWellFormed, matches } from "./primordials.ts"
import { Refusal } from "./rowError.ts"

/** What would end a cell, and surrogates, which may be alone. */
const special = /[",\r\n\ud800-\udfff]/
const structural = /[",\r\n]/

/** Text as a CSV cell, quoted only when needed (the empty string always: nothing is null). Refuses lone surrogates. */
export function csvText(text: string): string {
  if (text.length === 0) return '""'
  const first = charCodeAt(text, 0)
  // Also quoted: what a reader might trim, and what could pass for a byte order mark.
  const plain = first > 32 && first !== 0xfeff && charCodeAt(text, text.length - 1) > 32
  if (!matches(special, text)) return plain ? text : '"' + text + '"'
  if (!isWellFormed(text)) throw new Refusal("well-formed text", "a lone surrogate")
  return plain && !matches(structural, text) ? text : '"' + doubleQuotes(text) + '"'
}
