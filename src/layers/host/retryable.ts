import { RetryableError } from "../../kit/RetryableError.ts"

/** What the system and Node's fetch call a request that did not get through. Mistakes in it have other codes. */
const networkCode =
  /^(ECONN(RESET|REFUSED|ABORTED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOST(UNREACH|DOWN)|ENET(UNREACH|DOWN|RESET)|UND_ERR_(CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT|SOCKET|CLOSED|DESTROYED|RES_CONTENT_LENGTH_MISMATCH))$/

/** Causes of causes that are looked at. */
const deepest = 8
/** Errors of an AggregateError that are looked at. */
const widest = 20

/** Milliseconds: more than a year is nobody's word for when to come back. */
export const longestRetryAfter = 366 * 24 * 3_600_000

export interface Retry {
  readonly retryable: boolean
  /** Milliseconds from `now`; null if nobody said. */
  readonly retryAfter: number | null
}

export const never: Retry = { retryable: false, retryAfter: null }

/** Whether trying again later may mend it: it, its cause, or one of those that it gathers says so. */
export const retryOf = (thrown: unknown, now: number): Retry => {
  try {
    return look(thrown, now, 0)
  } catch {
    // Its own getters throw: it was made to be looked at by nobody.
    return never
  }
}

const look = (thrown: unknown, now: number, depth: number): Retry => {
  if (typeof thrown !== "object" || thrown === null || depth > deepest) return never
  if (RetryableError.is(thrown)) return { retryable: true, retryAfter: untilOf(thrown.retryAfter, now) }
  const { cause, code, errors } = thrown as {
    readonly cause?: unknown
    readonly code?: unknown
    readonly errors?: unknown
  }
  const own: Retry = typeof code === "string" && networkCode.test(code) ? { retryable: true, retryAfter: null } : never
  const inner = [cause, ...(Array.isArray(errors) ? errors.slice(0, widest) : [])]
  return inner.map((one) => look(one, now, depth + 1)).reduce(later, own)
}

/** Any of them is enough; the longest wait counts. */
const later = (one: Retry, other: Retry): Retry => ({
  retryable: one.retryable || other.retryable,
  retryAfter:
    one.retryAfter === null ? other.retryAfter : Math.max(one.retryAfter, other.retryAfter ?? Number.NEGATIVE_INFINITY),
})

/** Another copy of the kit, or none at all, may have made it. */
const untilOf = (retryAfter: unknown, now: number): number | null => {
  const at = retryAfter instanceof Date ? retryAfter.getTime() : Number.NaN
  return Number.isFinite(at) ? Math.min(Math.max(0, Math.ceil(at - now)), longestRetryAfter) : null
}
