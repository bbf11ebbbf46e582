import { inspect as nodeInspect, types } from "node:util"
import { shortened } from "../../kit/responseError.ts"

const inspect = nodeInspect
const isNativeError = types.isNativeError
const stringify = JSON.stringify
const longest = 10_000

/** Anything can be thrown: null, a frozen object, 50 MB of text, an error whose getters throw. */
export const textOf = (thrown: unknown): { readonly detail: string; readonly stack: string | null } => ({
  detail: attempt(() => shortened(detailOf(thrown, 0), longest + 100), "threw something that cannot be shown"),
  // One that only gathers others (of Promise.any, say) was made nowhere: the first of them was.
  stack: attempt(() => framesOf(thrown) ?? framesOf((thrown as ErrorLike).errors?.[0]), null),
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
  const { message, code, name, errors, cause, [subject]: of } = thrown as ErrorLike
  // Node gathers failed connections in an error that has a code only.
  const text =
    [fileRefused(thrown), message, code, name].find((part) => typeof part === "string" && part !== "") ??
    "threw an Error"
  const own =
    cut((depth === 0 ? classOf(name, cause) : "") + (text as string)) + (typeof of === "string" ? ` (${of})` : "")
  if (depth === 3 || (thrown as ErrorLike)[saidAll] === true) return own
  if (cause !== undefined && cause !== null) {
    const inner = innerOf(cause, depth)
    // Many a message ends with what its cause said.
    return own.endsWith(inner) ? own : `${own}: ${inner}`
  }
  if (!Array.isArray(errors) || errors.length === 0) return own
  const inner = errors.slice(0, 3).map((error) => innerOf(error, depth))
  const more = errors.length > 3 ? `; and ${errors.length - 3} more` : ""
  return `${own}: ${[...new Set(inner)].join("; ")}${more}`
}

/** A bug of the connector's own shows by its class; that of an error with a cause (a failed fetch) says nothing. */
const classOf = (name: unknown, cause: unknown): string =>
  typeof name === "string" && cause === undefined && /^(?:Eval|Range|Reference|Syntax|Type|URI)Error$/.test(name)
    ? `${name}: `
    : ""

/** What Node refused, as its user has to know it: of flags of Node he knows nothing. */
const fileRefused = ({ code, permission, resource }: ErrorLike): string | null => {
  if (code !== "ERR_ACCESS_DENIED" || typeof resource !== "string" || resource === "") return null
  if (permission === "FileSystemRead")
    return `it may not read ${resource}: name that, or its directory, under permissions.read in manifest.json`
  return permission === "FileSystemWrite" ? `it may not write ${resource}: connectors write rows, and no files` : null
}

const innerOf = (inner: unknown, depth: number): string =>
  isError(inner) ? detailOf(inner, depth + 1) : briefly(inner)

const briefly = (value: unknown): string => {
  if (typeof value !== "string") return inspect(value, tersely)
  const quoted = stringify(shortened(value, longest))
  return value.length > longest ? `${quoted}... (${value.length} characters)` : quoted
}

/** Where an error says, beside its message, what it is about. */
export const subject = Symbol("subject")

/** Of an error whose message has in it what its cause says. */
export const saidAll = Symbol("saidAll")

interface ErrorLike {
  readonly [saidAll]?: unknown
  readonly [subject]?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly permission?: unknown
  readonly resource?: unknown
  readonly name?: unknown
  readonly errors?: ReadonlyArray<unknown>
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
  text.length > longest ? `${shortened(text, longest)}... (${text.length} characters)` : text
