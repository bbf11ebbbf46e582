import type { Complaint } from "./protocol.ts"

interface Structured {
  readonly exception_type?: string
  readonly exception_message?: string
  readonly position?: string
}

/** What our own reading says of a dataset. */
export class Unreadable extends Error {
  readonly _tag = "Unreadable"
}

/** DuckDB's error, which it tells as JSON when `errors_as_json` is set; everything else is words. */
const structured = (error: unknown): Structured => {
  const message = error instanceof Error ? error.message : String(error)
  return toldAsJson(message) ?? { exception_message: message.replace(/^[A-Z][A-Za-z ]* Error: /, "") }
}

const toldAsJson = (message: string): Structured | null => {
  const begin = message.indexOf("{")
  if (begin < 0) return null
  try {
    const told = JSON.parse(message.slice(begin)) as Structured
    return typeof told.exception_message === "string" ? told : null
  } catch {
    return null
  }
}

/** What it says, where, and which names may have been meant. `before`: bytes of SQL that are not the asker's. */
export function complaintOf(error: unknown, before = 0): Complaint {
  const { exception_message: message = "", position } = structured(error)
  const [first = "", ...rest] = message.split("\n").filter((line) => line.trim() !== "")
  const meant = rest.find((line) => /^(?:Did you mean|Candidate)/.test(line)) ?? ""
  const candidates = [...meant.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name]) => name!.replaceAll('""', '"'))
  const at = position === undefined ? null : Number(position) - before
  return { detail: cut(first), at: at === null || at < 0 ? null : at, candidates: candidates.slice(0, 5) }
}

/** What is wrong with a query or a value, which the message may show: any words can stand there. */
const aboutValues = new Set(["Binder", "Catalog", "Conversion", "Invalid Input", "Out of Range", "Parser", "Syntax"])

/** Whether it was the limit on memory, or on what may be set aside on disk. */
export const isTooLarge = (error: unknown): boolean => {
  // Ours have a tag, and show values too.
  if (error instanceof Error && "_tag" in error) return false
  const { exception_type: type = "", exception_message: text = "" } = structured(error)
  if (type === "Out of Memory") return true
  return !aboutValues.has(type) && /out of memory|could not allocate|failed to (?:allocate|offload)/i.test(text)
}

const cut = (text: string): string => (text.length > 1_000 ? `${text.slice(0, 1_000)}...` : text)
