import type { Description } from "../../services/domain/Description.ts"

type Json = Description["configSchema"]
type JsonObject = { readonly [key: string]: Json }

/** Where a schema refers to a definition at its root. */
export const pointerTo = (definition: string): string => `#/$defs/${escaped(definition)}`
const escaped = (name: string): string => encodeURI(name.replaceAll("~", "~0").replaceAll("/", "~1"))

export interface ConfigDefinition {
  /** Among the definitions at the root. */
  readonly name: string
  readonly schema: JsonObject
}

/**
 * A connector's own schema of its config as a definition within the manifest's; null when nothing is known of it. What
 * it refers to within itself is referred to where it now stands: editors know no `$id` within a schema.
 */
export const configDefinition = (connector: string, schema: Json): ConfigDefinition | null => {
  // A name that is half a character, which no connector can have, has no place in a reference.
  if (!isObject(schema) || isTooDeep(schema) || !connector.isWellFormed()) return null
  const name = `config.${connector}`
  const { $schema: _dialect, $id: _id, ...moved } = moveRefs(schema, pointerTo(name)) as JsonObject
  // zod drops unknown keys in silence, of which "validate" warns.
  const isOpen = moved["properties"] !== undefined && moved["additionalProperties"] === undefined
  return { name, schema: isOpen ? { ...moved, additionalProperties: false } : moved }
}

const isObject = (json: Json): json is JsonObject => typeof json === "object" && json !== null && !Array.isArray(json)

/** Connectors say what they like; beyond any sensible schema there is a stack overflow. */
const isTooDeep = (json: Json, levels = 100): boolean =>
  typeof json === "object" &&
  json !== null &&
  (levels === 0 || Object.values(json).some((inner: Json) => isTooDeep(inner, levels - 1)))

/** Their values are data, in which nothing refers to anything. */
const data = new Set(["const", "default", "enum", "examples"])
/** Their keys are names, whatever they look like. */
const named = new Set(["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"])

const moveRefs = (schema: Json, root: string): Json => {
  if (Array.isArray(schema)) return schema.map((item) => moveRefs(item, root))
  if (!isObject(schema)) return schema
  return mapped(schema, (key, value) => {
    if (key === "$ref" && typeof value === "string" && value.startsWith("#")) return root + value.slice(1)
    if (data.has(key)) return value
    if (named.has(key) && isObject(value)) return mapped(value, (_, inner) => moveRefs(inner, root))
    return moveRefs(value, root)
  })
}

const mapped = (object: JsonObject, change: (key: string, value: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]))
