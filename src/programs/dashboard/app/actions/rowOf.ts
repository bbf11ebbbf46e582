import type { ActionFieldInfo } from "../../../../services/domain/Action.ts"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import { ownOf } from "../ownOf.ts"

/** By field, for a person. */
export type Problems = Readonly<Record<string, string>>

interface Read {
  readonly row: Readonly<Record<string, unknown>>
  readonly problems: Problems
}

/** A row of what was typed. What is left empty stays away, so that it gets its default. */
export const rowOf = (fields: ReadonlyArray<ActionFieldInfo>, texts: Readonly<Record<string, string>>): Read => {
  const row: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const text = ownOf(texts, field.name) ?? ""
    if (text === "") {
      // The server names the first fault of a row only.
      if (isNeeded(field)) problems[field.name] = "this is needed"
      continue
    }
    const isJson = field.type === "json" || field.type === "boolean" || field.enum !== null
    try {
      row[field.name] = isJson ? JSON.parse(text) : isNumeric(field) ? numberOf(text) : text
    } catch {
      problems[field.name] = "this is not JSON"
    }
  }
  return { row, problems }
}

export const isNeeded = ({ required, default: preset }: ActionFieldInfo): boolean => required && preset === null

const isNumeric = ({ type }: ActionFieldInfo): boolean => type === "integer" || type === "number"

/** What is no number, or would not stay the same as one, goes as it is: the server says what it takes. */
const numberOf = (text: string): number | string => {
  const value = Number(text)
  const isKept = Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value))
  return text.trim() !== "" && isKept ? value : text
}

/** Where the server found fault with a row. */
export const problemsIn = (error: ErrorDocument | null): Problems => {
  if (error?._tag !== "ActionRejected") return {}
  const found = error["problems"] as ReadonlyArray<{
    readonly field: string | null
    readonly expected: string
    readonly got: string
  }>
  return Object.fromEntries(
    found.flatMap(({ field, expected, got }) => (field === null ? [] : [[field, `expected ${expected}, got ${got}`]])),
  )
}
