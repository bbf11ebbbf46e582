import { isTransient, retryAfterOf } from "../../kit/retryAfter.ts"

/** What one try of a request came to. */
export interface Tried {
  /** Null when there was no answer. */
  readonly status: number | null
  /** Of the answer. */
  readonly retryAfter: string | null
  /** This one included. */
  readonly tries: number
  /** Tries in all. */
  readonly most: number
}

export type Decision =
  /** The answer is the caller's. */
  | { readonly type: "take" }
  /** Once more, after this many milliseconds. */
  | { readonly type: "again"; readonly after: number }
  /** Enough; `retryAfter` is how many milliseconds the provider wants to be left alone, if it said so. */
  | { readonly type: "give-up"; readonly retryAfter: number | null }

/** Milliseconds before the second try; each later one waits twice as long. */
const first = 500
/** Milliseconds: beyond that waiting longer helps nobody. */
const longestBackoff = 30_000
/** Milliseconds that a provider may ask to wait inside a run; whoever asks for more ends the attempt. */
export const longestWait = 5 * 60_000

/** Half of each backoff is left to chance, so that those who failed together don't come back together. */
export const decide = ({ status, retryAfter, tries, most }: Tried, now: number, random: number): Decision => {
  if (status !== null && !isTransient(status)) return { type: "take" }
  const asked = retryAfterOf(retryAfter, now)
  if (tries >= most || (asked ?? 0) > longestWait) return { type: "give-up", retryAfter: asked }
  const backoff = Math.min(first * 2 ** (tries - 1), longestBackoff)
  return { type: "again", after: Math.max(backoff * (0.5 + random / 2), asked ?? 0) }
}
