import { redactorOf } from "../redaction.ts"

/** Tokens that are remembered: more than are refreshed in the time in which anything that names one is still written. */
const most = 2_000

/**
 * All values that must not be shown to anybody, as this process came to know them: a token that was replaced is still
 * one, and a run that goes on for hours uses ones that it didn't start with.
 */
export class SecretTexts {
  readonly #values = new Set<string>()
  /** Those last seen at the end. */
  readonly #tokens = new Set<string>()
  readonly #public = new Set<string>()
  #redact: ((text: string) => string) | null = null

  add(values: Iterable<string>): void {
    for (const value of values) {
      if (value === "" || this.#values.has(value)) continue
      this.#values.add(value)
      this.#redact = null
    }
  }

  /** What providers hand out, ever anew. */
  addTokens(tokens: Iterable<string>): void {
    for (const token of tokens) {
      if (token === "") continue
      if (!this.#tokens.delete(token)) this.#redact = null
      this.#tokens.add(token)
      const [oldest] = this.#tokens
      if (this.#tokens.size > most && oldest !== undefined) this.#tokens.delete(oldest)
    }
  }

  /** A client id stands in addresses that anybody sees. */
  allow(value: string): void {
    if (value === "" || this.#public.has(value)) return
    this.#public.add(value)
    this.#redact = null
  }

  readonly redact = (text: string): string => {
    this.#redact ??= redactorOf(this.#values.union(this.#tokens).difference(this.#public))
    return this.#redact(text)
  }
}
