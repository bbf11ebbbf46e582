import { jsonStringify, propertyIsEnumerable } from "./primordials.ts"
import { isoOfDate } from "./values.ts"

/** Beyond this a key is not told: of one that is cut, what is left of a secret would be told with it. */
const longest = 100

/**
 * The key of a row for a person, `id 7, day "2026-01-01"`: as much of it as is there. Null where that is nothing or too
 * long, and where the output has no key. Never throws, whatever the row is.
 */
export function keyText(row: unknown, key: ReadonlyArray<string> | null): string | null {
  if (key === null || typeof row !== "object" || row === null) return null
  let text = ""
  for (let at = 0; at < key.length; at++) {
    const name = key[at]!
    const told = valueText(row, name)
    if (told !== null) text += `${text === "" ? "" : ", "}${name} ${told}`
    if (text.length > longest) return null
  }
  return text === "" ? null : text
}

function valueText(row: object, name: string): string | null {
  try {
    // As the row is written, what is inherited is not part of it.
    if (!propertyIsEnumerable(row, name)) return null
    const value = (row as Readonly<Record<string, unknown>>)[name]
    switch (typeof value) {
      case "string":
        return jsonStringify(value)
      case "number":
      case "bigint":
      case "boolean":
        return "" + value
      case "object": {
        const time = value === null ? null : isoOfDate(value)
        return time === null ? null : jsonStringify(time)
      }
      default:
        return null
    }
  } catch {
    return null
  }
}
