import type { Complaint } from "./protocol.ts"

interface Structured {
  readonly exception_type?: string
  readonly exception_message?: string
  readonly position?: string
}

/** DuckDB's error, which it tells as JSON when `errors_as_json` is set. */
const structured = (error: unknown): Structured => {
  const message = error instanceof Error ? error.message : String(error)
  try {
    return JSON.parse(message.slice(message.indexOf("{"))) as Structured
  } catch {
    return { exception_message: message.replace(/^[A-Z][A-Za-z ]* Error: /, "") }
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

/** Whether it was the limit on memory, or on what may be set aside on disk. */
export const isTooLarge = (error: unknown): boolean => {
  const { exception_type: type = "", exception_message: text = "" } = structured(error)
  return type === "Out of Memory" || /out of memory|could not allocate|failed to (?:allocate|offload)/i.test(text)
}

const cut = (text: string): string => (text.length > 1_000 ? `${text.slice(0, 1_000)}...` : text)
