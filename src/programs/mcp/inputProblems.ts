import { type Schema, SchemaIssue } from "effect"
import { didYouMean } from "../../services/domain/Name.ts"
import type { JsonSchema } from "./tool.ts"

/** Marks in messages, which say themselves nothing of where they are. */
const unexpected = "\u0000unexpected"
const missing = "\u0000missing"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey"
      ? unexpected
      : issue._tag === "MissingKey"
        ? missing
        : SchemaIssue.defaultLeafHook(issue),
})

/** What is wrong with a tool's input, in sentences: names that it doesn't take, those that it lacks, values that don't do. */
export const inputProblems = ({ issue }: Schema.SchemaError, schema: JsonSchema): string => {
  const takesNothing = propertiesAt(schema, []).length === 0
  const problems = format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => (typeof part === "object" ? part.key : part))
    if (keys.length === 0) return `it has to be an object`
    const name = `"${shown(keys)}"`
    if (message === missing) return `${name} is missing`
    if (message !== unexpected && !takesNothing) return `${name}: ${message.replace(/^E/, "e")}`
    const known = propertiesAt(schema, keys.slice(0, -1))
    const meant = didYouMean(String(keys.at(-1)), known)
    const takes = known.length === 0 ? "nothing" : known.map((one) => `"${one}"`).join(", ")
    return `there is no ${name}${meant === null ? `: it takes ${takes}` : ` (did you mean "${meant}"?)`}`
  })
  return problems.join("; ")
}

const shown = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`)).join("")

/** The names that may stand there. */
const propertiesAt = (schema: JsonSchema, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  let part: Part | undefined = schema as Part
  for (const key of path) part = typeof key === "number" ? part?.items : part?.properties?.[String(key)]
  return Object.keys(part?.properties ?? {})
}

interface Part {
  readonly properties?: Readonly<Record<string, Part>>
  readonly items?: Part
}
