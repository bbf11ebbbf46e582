import { RetryableError } from "./RetryableError.ts"
import { isTransient, retryAfterOf } from "./retryAfter.ts"
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
 * The error to throw for an answer that isn't `ok`: it names the URL without the values of its query (but a page's
 * number), the status, and the words of the body that end within its first 200 characters; and it says so when the token
 * was not sent, as it is to no http of another machine. For a 429, a 500, 502, 503 or 504 it is a `RetryableError` that heeds `Retry-After`.
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

/** Characters that are given up at most: no secret is longer. */
const longestWord = 2_000
/** What no secret has in it; JSON and markup have it around each text. */
const gaps = " \n\r\t\"'`<>"

/**
 * The beginning of a text, of at most so many characters, that ends between words. Secrets are taken out of messages
 * after this, by what they are: a half of one would not be known.
 */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  for (let end = most; most - end < longestWord; end--) {
    if (end === 0 || gaps.includes(text[end]!)) return text.slice(0, end)
  }
  return text.slice(0, most)
}
