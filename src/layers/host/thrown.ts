import { inspect as nodeInspect, types } from "node:util"

const inspect = nodeInspect
const isNativeError = types.isNativeError
const stringify = JSON.stringify
const longest = 10_000

/** Anything can be thrown: null, a frozen object, 50 MB of text, an error whose getters throw. */
export const textOf = (thrown: unknown): { readonly detail: string; readonly stack: string | null } => ({
  detail: attempt(() => detailOf(thrown, 0).slice(0, longest + 100), "threw something that cannot be shown"),
  stack: attempt(() => framesOf(thrown), null),
})

/** Any value in one piece of text, on one line unless it has several. */
export const shown = (value: unknown): string =>
  attempt(() => (typeof value === "string" ? value : inspect(value, quietly)), "(something that cannot be shown)")

/** The value's own code stays out of it: no getters, no custom inspection. */
const quietly = {
  depth: 4,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  customInspect: false,
  compact: true,
  breakLength: Infinity,
} as const
const tersely = { ...quietly, depth: 1, maxArrayLength: 10, maxStringLength: 1_000 }

const detailOf = (thrown: unknown, depth: number): string => {
  if (!isError(thrown)) return `threw ${briefly(thrown)}`
  const { message, code, name, errors, cause } = thrown as ErrorLike
  // Node gathers failed connections in an error that has a code only.
  const own = [message, code, name].find((part) => typeof part === "string" && part !== "") ?? "threw an Error"
  const inner = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  if (inner === undefined || inner === null || depth === 3) return cut(own as string)
  return `${cut(own as string)}: ${isError(inner) ? detailOf(inner, depth + 1) : briefly(inner)}`
}

const briefly = (value: unknown): string => {
  if (typeof value !== "string") return inspect(value, tersely)
  const quoted = stringify(value.slice(0, longest))
  return value.length > longest ? `${quoted}... (${value.length} characters)` : quoted
}

interface ErrorLike {
  readonly message?: unknown
  readonly code?: unknown
  readonly name?: unknown
  readonly errors?: unknown
  readonly cause?: unknown
}

const isError = (value: unknown): value is Error => isNativeError(value) || value instanceof Error

/** The frames of an error's stack, without its message, however long that is. */
export const framesOf = (thrown: unknown): string | null => {
  const stack = isError(thrown) ? thrown.stack : null
  if (typeof stack !== "string") return null
  const start = stack.indexOf("\n    at ")
  return start < 0 ? null : stack.slice(start, start + longest / 2)
}

const attempt = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Whoever reads it has better things to do. */
export const cut = (text: string): string =>
  text.length > longest ? `${text.slice(0, longest)}... (${text.length} characters)` : text
