import { jsonString, refuseSymbols } from "../formats/jsonText.ts"
import { isArray, objectKeys } from "../formats/primordials.ts"
import { describe, Refusal } from "../formats/rowError.ts"
import { isoOfDate, refuseOpaque } from "../formats/values.ts"

/** Levels; a cycle has more than any number of them. */
const deepest = 100
/** Characters: a cursor is small, and the whole of it crosses the channel. */
const longest = 4 * 1024 * 1024

/** What `ctx.state` holds is not JSON; the message says where. */
export class NotJson extends Error {}

/**
 * `ctx.state` as JSON text. As `JSON.stringify` does, it leaves undefined properties out and writes a Date as text; what
 * that would blur or lose (NaN, functions, Map, bigint, symbols, objects that convert themselves) is refused.
 */
export const stateText = (state: unknown): string => {
  if (typeof state !== "object" || state === null || isArray(state)) {
    throw new NotJson(`ctx.state must be an object, and is ${describe(state)}`)
  }
  const text = textOf(state, "ctx.state", 0)
  if (text.length > longest)
    throw new NotJson(`ctx.state is ${text.length} characters of JSON, at most ${longest} are kept`)
  return text
}

const textOf = (value: unknown, path: string, depth: number): string => {
  switch (typeof value) {
    case "string":
      return within(path, () => jsonString(value))
    case "boolean":
      return `${value}`
    case "number":
      if (value - value !== 0) throw new NotJson(`${path} is ${describe(value)}`)
      return "" + value
    case "object":
      return value === null ? "null" : textOfObject(value, path, depth)
    default:
      throw new NotJson(`${path} is ${describe(value)}`)
  }
}

const textOfObject = (value: object, path: string, depth: number): string => {
  const iso = within(path, () => isoOfDate(value))
  if (iso !== null) return `"${iso}"`
  if (depth >= deepest) throw new NotJson(`${path.slice(0, 60)}... is cyclic, or nested more than ${deepest} deep`)
  within(path, () => refuseOpaque(value))
  if (isArray(value)) {
    let out = ""
    for (let at = 0; at < value.length; at++) {
      const item: unknown = value[at]
      out += (at > 0 ? "," : "") + (item === undefined ? "null" : textOf(item, `${path}[${at}]`, depth + 1))
    }
    return `[${out}]`
  }
  within(path, () => refuseSymbols(value))
  const keys = objectKeys(value)
  let out = ""
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    const inner = (value as Readonly<Record<string, unknown>>)[key]
    if (inner === undefined) continue
    const where = `${path}.${key}`
    out += `${out === "" ? "" : ","}${within(where, () => jsonString(key))}:${textOf(inner, where, depth + 1)}`
  }
  return `{${out}}`
}

const within = <A>(path: string, read: () => A): A => {
  try {
    return read()
  } catch (refused) {
    throw Refusal.is(refused) ? new NotJson(`${path} is ${refused.got}`) : refused
  }
}
