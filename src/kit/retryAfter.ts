/**
 * The milliseconds from `now` that an answer's `Retry-After` asks to wait, in either of its forms (seconds, an HTTP
 * date); null if it says nothing that makes sense. Never less than was asked for.
 */
export const retryAfterOf = (header: string | null, now: number): number | null => {
  const text = header?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(text)) {
    const milliseconds = Math.ceil(Number(text) * 1000)
    return Number.isSafeInteger(milliseconds) ? milliseconds : null
  }
  // Date.parse takes a lot that is no HTTP date, such as "-5", for one.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** Statuses that say "not now" rather than "no". */
export const isTransient = (status: number): boolean =>
  status === 429 || status === 500 || status === 502 || status === 503 || status === 504
