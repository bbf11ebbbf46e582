import { indexOf, isArray, objectKeys, propertyIsEnumerable, slice } from "../formats/primordials.ts"
import { describe, RowError } from "../formats/rowError.ts"
import { isoOfDate } from "../formats/values.ts"

/** Answers the row to be written; throws a `RowError` for one that must not be. */
export type RowCheck = (row: unknown, index: number) => unknown

interface Issue {
  readonly message: unknown
  readonly path?: ReadonlyArray<unknown>
}

type Verdict = { readonly value?: unknown; readonly issues?: ReadonlyArray<Issue> | undefined }

/** What an output's `schema` is, as far as rows are concerned. */
export interface RowSchema {
  readonly "~standard": { readonly validate: (row: unknown) => Verdict | Promise<Verdict> }
}

/** The schema's verdict came as a promise: it waits for something, or its own code threw. */
export class NotSynchronous extends Error {
  readonly verdict: PromiseLike<unknown>
  readonly row: number
  /** Of the row, as it is told; whoever knows it adds it. */
  key: string | null = null

  constructor(verdict: PromiseLike<unknown>, row: number) {
    super()
    this.verdict = verdict
    this.row = row
  }
}

/** What the schema makes of a row is the row. */
export const schemaCheck = (schema: RowSchema): RowCheck => {
  const standard = schema["~standard"]
  return (row, index) => {
    const verdict = standard.validate(row)
    if ("then" in verdict) throw new NotSynchronous(verdict, index)
    if (verdict.issues === undefined) return verdict.value
    const { message, path = [] } = verdict.issues[0] ?? { message: "it does not fit the schema" }
    const keys: Array<string | number> = []
    for (let at = 0; at < path.length; at++) keys[at] = keyOf(path[at])
    throw new RowError({ row: index, column: columnOf(keys), expected: expectedOf(message), got: gotAt(row, keys) })
  }
}

/** A path's segment is a key, or an object that holds one. */
const keyOf = (segment: unknown): string | number => {
  const key = typeof segment === "object" && segment !== null && "key" in segment ? segment.key : segment
  return typeof key === "number" || typeof key === "string" ? key : describe(key)
}

/** `tags[0].name` */
const columnOf = (keys: ReadonlyArray<string | number>): string | null => {
  let path = ""
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    path += typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`
  }
  return keys.length === 0 ? null : path
}

/** Zod's `Invalid input: expected string, received number`, without what is said elsewhere. */
const expectedOf = (message: unknown): string => {
  const text = typeof message === "string" ? slice(message, 0, 500) : describe(message)
  const start = indexOf(text, "expected ")
  if (start < 0) return `what the output's schema takes (${text})`
  const end = indexOf(text, ", received ", start)
  return end < 0 ? slice(text, start + 9) : slice(text, start + 9, end)
}

const gotAt = (row: unknown, keys: ReadonlyArray<string | number>): string => {
  try {
    let value = row
    for (let at = 0; at < keys.length; at++) {
      if (typeof value !== "object" || value === null) return describe(undefined)
      value = (value as Readonly<Record<string | number, unknown>>)[keys[at]!]
    }
    return keys.length === 1 && value === undefined ? describe(value) + besides(row) : describe(value)
  } catch {
    return "something that cannot be read"
  }
}

/** Columns that are named of a row, and characters of a name. */
const mostNames = 12
const longestName = 60

/** What a row has instead of a column that it lacks, by name: the provider may call it otherwise by now. */
const besides = (row: unknown): string => {
  try {
    const names = objectKeys(row as object)
    let told = ""
    let count = 0
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!
      if ((row as Readonly<Record<string, unknown>>)[name] === undefined || ++count > mostNames) continue
      told += `${told === "" ? "" : ", "}${slice(name, 0, longestName)}`
    }
    if (count === 0) return ": the row has no columns"
    return `: the row has ${told}${count > mostNames ? ` and ${count - mostNames} more` : ""}`
  } catch {
    return ""
  }
}

/** Every column of the key holds a plain value. */
export const keyCheck =
  (columns: ReadonlyArray<string>): RowCheck =>
  (row, index) => {
    // What is no object at all is told by who writes it.
    if (typeof row !== "object" || row === null || isArray(row)) return row
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!
      const refuse = (got: string) =>
        new RowError({ row: index, column, expected: "a value, as it is part of the output's key", got })
      let value: unknown
      try {
        value = propertyIsEnumerable(row, column) ? (row as Readonly<Record<string, unknown>>)[column] : undefined
      } catch {
        throw refuse("something that cannot be read")
      }
      if (!isScalar(value)) throw refuse(value === undefined ? "none" + besides(row) : describe(value))
    }
    return row
  }

const isScalar = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return true
    case "object":
      return value !== null && isoOfDate(value) !== null
    default:
      return false
  }
}
