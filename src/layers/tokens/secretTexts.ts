import { redactorOf } from "../redaction.ts"

/**
 * All values that must not be shown to anybody, as this process came to know them: a token that was replaced is still
 * one, and a run that goes on for hours uses ones that it didn't start with.
 */
export class SecretTexts {
  readonly #values = new Set<string>()
  readonly #public = new Set<string>()
  #redact: ((text: string) => string) | null = null

  add(values: Iterable<string>): void {
    for (const value of values) {
      if (value === "" || this.#values.has(value)) continue
      this.#values.add(value)
      this.#redact = null
    }
  }

  /** A client id stands in addresses that anybody sees. */
  allow(value: string): void {
    if (value === "" || this.#public.has(value)) return
    this.#public.add(value)
    this.#redact = null
  }

  readonly redact = (text: string): string => {
    this.#redact ??= redactorOf(this.#values.difference(this.#public))
    return this.#redact(text)
  }
}
