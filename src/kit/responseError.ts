import { RetryableError } from "./RetryableError.ts"
import { isTransient, retryAfterOf } from "./retryAfter.ts"
import { shortened } from "./shortened.ts"
import { shownUrl } from "./shownUrl.ts"
import type { WebResponse } from "./web.ts"
import { withheldOf } from "./withheld.ts"

/** An answer that is not what was asked for, and will not be when asked again. */
export class ResponseError extends Error {
  override name = "ResponseError"
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/**
 * The error to throw for an answer that isn't `ok`: it names the URL without the values of its query, the status, and the
 * words of the body that end within its first 200 characters; and it says so when the token was not sent, as it is to no
 * http of another machine. For a 429, a 500, 502, 503 or 504 it is a `RetryableError` that heeds `Retry-After`.
 *
 * ```ts
 * if (!response.ok) throw await responseError(response)
 * ```
 */
export const responseError = async (response: WebResponse): Promise<ResponseError | RetryableError> => {
  const { status, headers, url } = response
  const withheld = withheldOf(response)
  const why = withheld === null ? "" : ` (${withheld})`
  const message = `${shownUrl(url)} answered ${status}${why}${beginning(await response.text().catch(() => ""))}`
  if (!isTransient(status)) return new ResponseError(message, status)
  const now = Date.now()
  const wait = retryAfterOf(headers.get("retry-after"), now)
  return new RetryableError(message, { retryAfter: wait === null ? undefined : new Date(now + wait) })
}

/** Of a body, for a message: on one line. */
export const beginning = (body: string): string => {
  const text = shortened(body, 2_000).replaceAll(/\s+/g, " ").trim()
  if (text === "") return ""
  return `: ${text.length > 200 ? `${shortened(text, 200)}...` : text}`
}
