import type { ConfigIssue } from "../../services/domain/Description.ts"

/**
 * What a connector's schema has against its config, with what was got and, where the schema's words don't show it, the form
 * that is wanted. zod says "received undefined" of what nobody wrote; a person looks for what is missing.
 */
export const configDetail = (config: unknown, { path, message }: ConfigIssue): string => {
  let value = config
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
      const expected = message.replace(/^Invalid (input|option): |, received undefined$/g, "")
      return `is missing; ${expected}. Write it as ${example(["config", ...path])}`
    }
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  const form = forms.get(message)
  const wanted = form === undefined ? message : `${message} (such as ${form})`
  const got = shown(value)
  if (got === null || path.some((key) => confidential.test(String(key))) || message.endsWith(`received ${got}`))
    return wanted
  return `${wanted.replace(/, received \w+$/, "").replace(/\.$/, "")}, got ${got}`
}

/** `"config": { "url": ... }` */
const example = (keys: ReadonlyArray<string | number>): string =>
  keys.reduceRight<string>((inner, key, at) => {
    if (typeof key === "number") return `[${inner}]`
    const entry = `${JSON.stringify(key)}: ${inner}`
    return at === 0 ? entry : `{ ${entry} }`
  }, "...")

/** By the schema's words, which may be any. */
const forms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "Invalid ISO date": "2026-01-31",
    "Invalid ISO datetime": "2026-01-31T12:00:00Z",
    "Invalid ISO duration": "P1DT12H",
    "Invalid ISO time": "12:00:00",
    "Invalid URL": "https://example.com/items",
  }),
)

/** What somebody wrote there though it belongs into .env. */
const confidential = /key|pass|secret|token/i

/** Characters of a text. */
const most = 60

/** Null for what is too big to be shown in a sentence. */
const shown = (value: unknown): string | null => {
  if (typeof value === "object" && value !== null) return null
  const text = typeof value === "string" && value.length > most ? `${value.slice(0, most)}...` : value
  return JSON.stringify(text) ?? null
}
