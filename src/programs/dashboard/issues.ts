import { SchemaIssue } from "effect"
import { didYouMean } from "../../services/domain/Name.ts"

/** What is wrong with a part of a request, in words of people, whatever library has found it. */
export const issuesText = (issue: SchemaIssue.Issue): string => [...new Set(textsOf(issue, []))].join("; ")

const textsOf = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  if (issue._tag === "Pointer") return textsOf(issue.issue, [...path, ...issue.path])
  if ((issue._tag === "Composite" || issue._tag === "AnyOf") && issue.issues.length > 0) {
    return issue.issues.flatMap((one) => textsOf(one, path))
  }
  if (issue._tag === "MissingKey") return [`${nameOf(path)} is missing`]
  if (issue._tag === "UnexpectedKey") return [`${nameOf(path)} is not known${insteadOf(issue, path)}`]
  return format(issue).issues.map(({ message }) => `${nameOf(path)} has to be ${wanted(message)}`)
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** `"calls[0].row"`; of whoever sent much, not all. */
const nameOf = (path: ReadonlyArray<PropertyKey>): string => {
  if (path.length === 0) return "it"
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")
  return `"${text.replace(/^\./, "").slice(0, 100)}"`
}

const insteadOf = ({ ast }: SchemaIssue.UnexpectedKey, path: ReadonlyArray<PropertyKey>): string => {
  const known = ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
  if (known.length === 0) return ""
  const meant = didYouMean(String(path.at(-1)), known)
  return meant === null ? `: there is ${known.map((name) => `"${name}"`).join(", ")}` : `: did you mean "${meant}"?`
}

const wanted = (message: string): string => {
  const expected = message.replace(/^Expected /, "")
  return words[expected] ?? expected.replaceAll(" | ", " or ")
}

const words: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  object: "an object",
  "object | null": "an object or null",
  string: "a string",
}
