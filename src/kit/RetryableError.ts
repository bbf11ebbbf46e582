/** What the runtime knows it by: a bundle, or a test, may hold another copy of the class. */
const retryable: unique symbol = Symbol.for("openislands.retryable") as never

/**
 * A failure that trying again later may mend: the provider is busy, a quota is used up. A sync that throws one is tried
 * again from its last commit, up to four times in all.
 *
 * ```ts
 * throw new RetryableError("the export is not ready yet", { retryAfter: 30 })
 * ```
 */
export class RetryableError extends Error {
  readonly [retryable] = true
  override name = "RetryableError"
  /** Before this there is no point in trying; undefined if nobody said. */
  readonly retryAfter: Date | undefined

  constructor(message: string, options: RetryableOptions = {}) {
    const { cause, retryAfter } = options
    super(message, cause === undefined ? undefined : { cause })
    this.retryAfter = typeof retryAfter === "number" ? new Date(Date.now() + retryAfter * 1000) : retryAfter
  }

  /** Whichever copy of this package made it. */
  static is(thrown: unknown): thrown is RetryableError {
    return typeof thrown === "object" && thrown !== null && retryable in thrown
  }
}

export interface RetryableOptions {
  /** Seconds from now, or a point in time. It is never shortened. */
  retryAfter?: number | Date | undefined
  cause?: unknown
}
