import { charCodeAt, doubleQuotes, indexOf, isWellFormed } from "./primordials.ts"
import { Refusal } from "./rowError.ts"

/** From this length on four native searches beat looking at the characters one by one. */
const LONG = 80

/** Quotes where the text would otherwise end the cell, be trimmed by a reader, or pass for null or a byte order mark. */
function wantsQuotes(text: string): boolean {
  const length = text.length
  if (length === 0) return true
  const first = charCodeAt(text, 0)
  const last = charCodeAt(text, length - 1)
  if (first <= 32 || first === 0xfeff || last <= 32) return refuseLoneSurrogates(text)
  if (length >= LONG) {
    if (!isWellFormed(text)) refuseLoneSurrogates(text)
    return indexOf(text, ",") >= 0 || indexOf(text, '"') >= 0 || indexOf(text, "\n") >= 0 || indexOf(text, "\r") >= 0
  }
  let surrogates = false
  for (let at = 0; at < length; at++) {
    const code = charCodeAt(text, at)
    if (code <= 44) {
      if (code === 44 || code === 34 || code === 10 || code === 13) return refuseLoneSurrogates(text)
    } else if (code >= 0xd800 && code < 0xe000) surrogates = true
  }
  if (surrogates) refuseLoneSurrogates(text)
  return false
}

function refuseLoneSurrogates(text: string): true {
  if (!isWellFormed(text)) throw new Refusal("well-formed text", "a lone surrogate")
  return true
}

/** Text as a CSV cell, quoted only when needed (the empty string always: nothing is null). Refuses lone surrogates. */
export function csvText(text: string): string {
  return wantsQuotes(text) ? '"' + doubleQuotes(text) + '"' : text
}
