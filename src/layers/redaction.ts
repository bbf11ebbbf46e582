/** Such a value is found in half of all words: it cannot be redacted. */
export const isTooShort = (value: string): boolean => value.trim().length < 6

/** Replaces values, in the forms in which programs print them, by `[redacted]`. */
export const redactorOf = (values: Iterable<string>): ((text: string) => string) => {
  const forms = new Set([...values].flatMap((value) => [value].concat(value.split(/\r?\n/))).flatMap(formsOf))
  if (forms.size === 0) return (text) => text
  // The longest first, so that nothing of it is left over by one that it contains.
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map((form) => RegExp.escape(form)).join("|"), "g")
  return (text) => text.replace(pattern, "[redacted]")
}

const formsOf = (value: string): ReadonlyArray<string> => {
  if (isTooShort(value)) return []
  const bytes = Buffer.from(value)
  const inUrl = encodeURIComponent(value.toWellFormed())
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    inUrl,
    inUrl.replaceAll("%20", "+"),
    bytes.toString("base64"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
  ]
}

/** A document with every text in it redacted. */
export const redactDocument = (value: unknown, redact: (text: string) => string): unknown => {
  if (typeof value === "string") return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactDocument(item, redact))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactDocument(inner, redact)]))
}

/** Characters of a line of a log in an error; the log itself has all of it. */
const longestLine = 500

/** An error as it is told, of a run whose log may hold secrets: they go before anything is cut, or a half of one would stay. */
export const tellable = (document: object, redact: (text: string) => string): object => {
  const redacted = redactDocument(document, redact) as { readonly log?: unknown }
  if (!Array.isArray(redacted.log)) return redacted
  return { ...redacted, log: redacted.log.map((line) => cut(String(line))) }
}

const cut = (line: string): string =>
  line.length > longestLine ? `${line.slice(0, longestLine).toWellFormed()}...` : line
