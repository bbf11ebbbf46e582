/** As much of JSON Schema as the API's document uses. */
export interface JsonSchema {
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: JsonSchema | boolean
}

/** Shapes that have a name elsewhere on the page, by their JSON. */
export type Names = ReadonlyMap<string, string>

const keyOf = (name: string): string => (/^\w+$/.test(name) ? name : JSON.stringify(name))

/** The schema as a type of TypeScript, which people read faster. */
export const shapeOf = (schema: JsonSchema, names: Names): string =>
  names.get(JSON.stringify(schema)) ?? spelt(schema, names)

const spelt = (schema: JsonSchema, names: Names): string => {
  const literals = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (literals !== undefined) return literals.map((value) => JSON.stringify(value)).join(" | ")
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return [...new Set(either.map((one) => alternativeOf(one, names)))].join(" | ")
  switch (schema.type) {
    case "object":
      return objectOf(schema, names)
    case "array":
      return `Array<${shapeOf(schema.items ?? {}, names)}>`
    case "integer":
      return "number"
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type
    default:
      return "unknown"
  }
}

/** Failures go through their own encoding, of which the API's document knows nothing: `{}` or null. */
const alternativeOf = (schema: JsonSchema, names: Names): string =>
  Object.keys(schema).length === 0 ? "ErrorDocument" : shapeOf(schema, names)

const objectOf = (schema: JsonSchema, names: Names): string => {
  const required = new Set(schema.required)
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `${keyOf(name)}${required.has(name) ? "" : "?"}: ${shapeOf(field, names)}`,
  )
  // Facts beside those that are named stand in a schema of their own.
  const rest = schema.allOf?.find(({ additionalProperties }) => typeof additionalProperties === "object")
  const others =
    typeof schema.additionalProperties === "object" ? schema.additionalProperties : rest?.additionalProperties
  if (typeof others !== "object") {
    return fields.length === 0 ? "Record<string, unknown>" : `{ ${fields.join("; ")} }`
  }
  if (fields.length === 0) return `Record<string, ${shapeOf(others, names)}>`
  return `{ ${[...fields, `[fact: string]: ${shapeOf(others, names)}`].join("; ")} }`
}
