import type { Column } from "../../services/domain/Contract.ts"
import type { ActionField, FieldType } from "../../services/domain/Manifest.ts"
import { isDate, isTimestamp } from "../formats/calendar.ts"
import { jsonText } from "../formats/jsonText.ts"
import { describe, Refusal } from "../formats/rowError.ts"
import { isBelow, kinds } from "../manifest/actionField.ts"
import type { Field } from "./fields.ts"

/** Why a value is not what a column takes. */
export interface Issue {
  readonly expected: string
  readonly got: string
}

/** What a row brings for a column that it has. */
export const checkCell = ({ column, own, nullable }: Field, value: unknown): Issue | null => {
  if (value === null) return nullable ? null : { expected: kindOf(column, own), got: "null" }
  return checkType(column, own?.type ?? null, value) ?? (own === null ? null : checkLimits(own, value))
}

/** Whether a column could hold a value at all, whatever the action would have it be. */
export const checkMatch = ({ column, own }: Field, value: unknown): Issue | null =>
  value === null ? null : checkType(column, column === null ? (own?.type ?? null) : null, value)

export const kindOf = (column: Column | null, own: ActionField | null): string => {
  const type = own?.type ?? column?.type ?? "unknown"
  return type === "unknown" ? kinds.json : kinds[type]
}

const checkType = (column: Column | null, narrowed: FieldType | null, value: unknown): Issue | null => {
  // What no format holds: an undefined, a lone surrogate, a value that is its own part.
  try {
    jsonText(value)
  } catch (error) {
    if (Refusal.is(error)) return { expected: error.expected, got: error.got }
    throw error
  }
  if (value === undefined) return { expected: kinds.json, got: "nothing" }
  if (narrowed !== null && !fits(narrowed, value)) return { expected: kinds[narrowed], got: describe(value) }
  if (column === null || column.type === "unknown") return null
  if (column.mixed === true) {
    return typeof value === "object" ? { expected: "a text, a number, true or false", got: describe(value) } : null
  }
  return fits(column.type, value) ? null : { expected: kinds[column.type], got: describe(value) }
}

const fits = (type: FieldType, value: unknown): boolean => {
  switch (type) {
    case "string":
      return typeof value === "string"
    case "integer":
      // Digits that a number of JavaScript doesn't hold have been lost on the way.
      return typeof value === "bigint" || Number.isSafeInteger(value)
    case "number":
      return typeof value === "bigint" || Number.isFinite(value)
    case "boolean":
      return typeof value === "boolean"
    case "date":
      return typeof value === "string" && isDate(value)
    case "timestamp":
      return typeof value === "string" && (isDate(value) || isTimestamp(value))
    case "json":
      return true
  }
}

const checkLimits = ({ enum: values, min, max }: ActionField, value: unknown): Issue | null => {
  const got = describe(value)
  if (values !== null && !values.includes(value as string)) {
    return { expected: `one of ${values.map((one) => JSON.stringify(one)).join(", ")}`, got }
  }
  for (const bound of [min, max]) {
    if (bound !== null && !isLike(bound, value)) {
      return { expected: typeof bound === "number" ? kinds.number : `${kinds.date}, or ${kinds.timestamp}`, got }
    }
  }
  const comparable = (typeof value === "bigint" ? Number(value) : value) as number | string
  if (min !== null && isBelow(comparable, min)) return { expected: `at least ${JSON.stringify(min)}`, got }
  if (max !== null && isBelow(max, comparable)) return { expected: `at most ${JSON.stringify(max)}`, got }
  return null
}

const isLike = (bound: number | string, value: unknown): boolean =>
  typeof bound === "number"
    ? typeof value === "number" || typeof value === "bigint"
    : typeof value === "string" && (isDate(value) || isTimestamp(value))
