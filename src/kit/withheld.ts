/** What the runtime marks an answer with: a bundle, or a test, may hold another copy of this. */
const mark: unique symbol = Symbol.for("openislands.tokenWithheld") as never

/** The request to this answer went without the token; `why` is for its error. */
export const markWithheld = (response: object, why: string): void => {
  Object.defineProperty(response, mark, { value: why, configurable: true })
}

/** Null for any other answer. */
export const withheldOf = (response: object): string | null =>
  (response as { readonly [mark]?: string | undefined })[mark] ?? null
