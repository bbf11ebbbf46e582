import type { ConfigIssue } from "../../services/domain/Description.ts"

/** An issue of zod's; of another library it has a path and a message at least. */
export interface Issue {
  readonly message: string
  readonly path?: ReadonlyArray<unknown> | undefined
  readonly code?: string
  /** Of a union: what each alternative has against the value, its paths relative to the union's. */
  readonly errors?: ReadonlyArray<ReadonlyArray<Issue>>
  /** Of a literal or an enum. */
  readonly values?: ReadonlyArray<unknown>
}

/** Of a union zod says no more than "Invalid input": what it is that its alternatives want is told instead. */
export const configIssues = (issues: ReadonlyArray<Issue>): ReadonlyArray<ConfigIssue> => issues.flatMap(told)

const told = (issue: Issue): ReadonlyArray<ConfigIssue> => {
  const path = (issue.path ?? []).map(segment)
  const { errors = [] } = issue
  const message = String(issue.message).replace(/^Invalid discriminator value\. Expected /, "Invalid option: expected ")
  // An author's own words say it better.
  if (errors.length === 0 || message !== "Invalid input") return [{ path, message }]
  const near = nearest(errors)
  if (near === null) return [{ path, message: eachInShort(errors.map(configIssues)) }]
  return configIssues(near).map(({ path: inner, message }) => ({ path: [...path, ...inner], message }))
}

/** The only alternative that takes a value of this kind or, among objects, one with these literals (its `type`, say). */
const nearest = (alternatives: ReadonlyArray<ReadonlyArray<Issue>>): ReadonlyArray<Issue> | null => {
  const ofItsKind = alternatives.filter((issues) => !issues.some(isOfWhole))
  if (ofItsKind.length === 1) return ofItsKind[0]!
  const withItsLiterals = ofItsKind.filter((issues) => !issues.some(({ values }) => values?.length === 1))
  return withItsLiterals.length === 1 ? withItsLiterals[0]! : null
}

const isOfWhole = ({ path = [], code, errors = [] }: Issue): boolean =>
  path.length === 0 &&
  (code === "invalid_type" || code === "invalid_value" || (errors.length > 0 && nearest(errors) === null))

/** Alternatives that are told; a config has few. */
const most = 5

const eachInShort = (alternatives: ReadonlyArray<ReadonlyArray<ConfigIssue>>): string => {
  const firsts = alternatives.flatMap(([first]) => (first === undefined ? [] : [first]))
  const wanted = firsts.map(({ path, message }) => (path.length > 0 ? null : expected.exec(message)))
  if (wanted.every((one) => one !== null)) {
    const received = wanted.find(([, , received]) => received !== undefined)?.[2] ?? ""
    return `Invalid input: expected ${[...new Set(wanted.map(([, what]) => what))].join(" or ")}${received}`
  }
  const texts = [
    ...new Set(firsts.map(({ path, message }) => `${place(path)}${message.replace("Invalid input: ", "")}`)),
  ]
  const more = texts.length > most ? `; or ${texts.length - most} more` : ""
  return `Invalid input: ${texts.slice(0, most).join("; or ")}${more}`
}

const expected = /^Invalid (?:input|option): expected (.+?)(, received \w+)?$/

const place = (path: ConfigIssue["path"]): string => (path.length === 0 ? "" : `${path.join(".")}: `)

const segment = (part: unknown): string | number => {
  const key = typeof part === "object" && part !== null && "key" in part ? part.key : part
  return typeof key === "number" ? key : String(key)
}
