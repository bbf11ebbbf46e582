/** What a reader of any face sees of a failure: `{ _tag, message, suggestion, ...facts }`, never a cause or a stack. */
export interface ErrorDocument {
  readonly _tag: string
  readonly message: string
  readonly suggestion: string | null
  readonly [fact: string]: unknown
}

export interface TaggedFailure extends Error {
  readonly _tag: string
  readonly suggestion?: string
}

/** Encoding a TaggedError drops its message and a Defect ships raw text, so every face shows failures through here. */
export const errorDocument = (error: TaggedFailure): ErrorDocument => {
  const { _tag, cause: _cause, ...facts } = error as TaggedFailure & Record<string, unknown>
  return { _tag, message: error.message, suggestion: error.suggestion ?? null, ...(plain(facts) as object) }
}

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Error && "_tag" in value) return errorDocument(value as TaggedFailure)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

/** Of an error, or of its document as it was kept. */
export const tagOf = (error: unknown): unknown => (error as { readonly _tag?: unknown } | null)?._tag

/** Its message, with the place in a file that it is about before it unless the message or the next step names that. */
export const placedMessage = ({ message, suggestion, file, line, column }: ErrorDocument): string => {
  const isPlaced = typeof file === "string" && typeof line === "number"
  if (!isPlaced || `${message} ${suggestion}`.includes(`${file}:${line}`)) return message
  return `${file}:${line}${typeof column === "number" ? `:${column}` : ""}: ${message}`
}
