import { type ActionField, type FieldType, fieldTypes } from "../../services/domain/Manifest.ts"
import { InvalidField } from "../../services/domain/ManifestProblem.ts"
import { isDate, isTimestamp } from "../formats/calendar.ts"
import { type Entry, type Place, valueOf } from "./document.ts"
import { type Findings, written } from "./findings.ts"

type Scalar = string | number | boolean | null

export const fieldKeys = ["type", "enum", "min", "max", "default", "description"] as const

/** What an action says of one column; a field that could never accept a row is a problem here, not at the first call. */
export const checkActionField = (findings: Findings, column: Entry): ActionField => {
  if (column.name === "") {
    findings.reportName(column, (at) => new InvalidField({ ...at, expected: "the name of a column is missing" }))
  }
  const fields = findings.fields(column, fieldKeys)
  const type = findings.oneOf(fields?.get("type"), fieldTypes)
  const values = checkEnum(findings, fields?.get("enum"), type)
  const min = checkBound(findings, fields?.get("min"), type)
  const maxAt = fields?.get("max")
  const max = checkBound(findings, maxAt, type)
  if (maxAt !== undefined && min !== null && max !== null) {
    if (typeof max !== typeof min) findings.field(maxAt, `cannot be compared with min, which is ${JSON.stringify(min)}`)
    else if (isBelow(max, min)) findings.field(maxAt, `is below min, which is ${JSON.stringify(min)}`)
  }
  const description = findings.optionalText(fields?.get("description"))
  const field = { type, enum: values, min, max, description }
  const defaultAt = fields?.get("default")
  if (defaultAt === undefined) return field
  checkDefault(findings, defaultAt, field)
  return { ...field, default: valueOf(defaultAt.node) }
}

const checkEnum = (findings: Findings, place: Place | undefined, type: FieldType | null): ActionField["enum"] => {
  if (place === undefined) return null
  const values = new Set<Scalar>()
  for (const item of findings.items(place)) {
    const value = valueOf(item.node)
    if (!isScalar(value)) findings.field(item, "must be a text, a number, true, false or null")
    else if (!fits(type, value)) findings.field(item, `must be ${kinds[type ?? "json"]}, not ${written(item)}`)
    else if (values.has(value)) findings.field(item, "is listed twice")
    else values.add(value)
  }
  if (place.node.type === "array" && place.node.children?.length === 0) {
    findings.field(place, "must list at least one value")
  }
  return [...values]
}

const checkBound = (findings: Findings, place: Place | undefined, type: FieldType | null): number | string | null => {
  if (place === undefined) return null
  const value: unknown = valueOf(place.node)
  if (type === "string" || type === "boolean" || type === "json") {
    findings.field(place, `is for numbers, dates and timestamps; this column is ${kinds[type]}`)
  } else if (typeof value !== "number" && !isTime(value)) {
    findings.field(place, `must be a number, a date or a timestamp, not ${written(place)}`)
  } else if (!fits(type, value)) {
    findings.field(place, `must be ${kinds[type ?? "json"]}, not ${written(place)}`)
  } else {
    return value
  }
  return null
}

const checkDefault = (findings: Findings, place: Place, { type, enum: values, min, max }: ActionField): void => {
  const value: unknown = valueOf(place.node)
  if (value === null) return
  if (!fits(type, value)) return findings.field(place, `must be ${kinds[type ?? "json"]}, not ${written(place)}`)
  if (!isScalar(value)) return
  if (values !== null && !values.includes(value)) findings.field(place, `is not listed in enum: ${written(place)}`)
  if (typeof value === "boolean") return
  if (min !== null && isBelow(value, min)) findings.field(place, `is below min, which is ${JSON.stringify(min)}`)
  if (max !== null && isBelow(max, value)) findings.field(place, `is above max, which is ${JSON.stringify(max)}`)
}

export const kinds: Readonly<Record<FieldType, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  date: 'a date such as "2026-01-31"',
  timestamp: 'a timestamp such as "2026-01-31T12:00:00Z"',
  json: "any value",
}

const isScalar = (value: unknown): value is Scalar => typeof value !== "object" || value === null

/** Null fits every column. */
const fits = (type: FieldType | null, value: unknown): boolean => {
  if (value === null || type === null || type === "json") return true
  if (type === "integer") return Number.isSafeInteger(value)
  if (type === "number" || type === "string" || type === "boolean") return typeof value === type
  if (typeof value !== "string") return false
  return type === "date" ? isDate(value) : isTimestamp(value)
}

/** Only like can be compared with like; times by the moment they name. */
export const isBelow = (a: number | string, b: number | string): boolean => {
  if (typeof a === "number" && typeof b === "number") return a < b
  return typeof a === "string" && typeof b === "string" && momentOf(a) < momentOf(b)
}

const isTime = (value: unknown): value is string => typeof value === "string" && (isDate(value) || isTimestamp(value))

/** A timestamp that names no zone is UTC, wherever this runs; with a blank for its `T` the year 50 would be 1950. */
const momentOf = (text: string): number =>
  Date.parse(isDate(text) || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text.replace(" ", "T") : `${text.replace(" ", "T")}Z`)
