import type { FetchOptions } from "../../kit/fetching.ts"
import { jsonBody } from "../../kit/jsonBody.ts"
import { beginning } from "../../kit/responseError.ts"
import { RetryableError } from "../../kit/RetryableError.ts"
import { markWithheld } from "../../kit/withheld.ts"
import { decide, type Tried } from "./backoff.ts"
import { type ContextRequest, readRequest } from "./contextRequest.ts"
import { retryOf } from "./retryable.ts"
import type { Session } from "./session.ts"
import { framesOf, saidAll } from "./thrown.ts"
import type { Time } from "./time.ts"

// As they were before the connector's code ran.
const Site = Error
const { AbortController, AbortSignal, clearTimeout, setTimeout } = globalThis

export interface Fetching {
  /** One request as it is, counted. */
  readonly fetch: typeof fetch
  /** `ctx.signal`. */
  readonly signal: AbortSignal
  readonly session: Session
  readonly time: Time
  /** A try failed; another, with this number, follows after so many milliseconds. */
  readonly onRetry: (why: string, after: number, next: string) => void
  /** The token was not sent for the first time; why. */
  readonly onWithheld: (why: string) => void
}

type Init = NonNullable<Parameters<typeof fetch>[1]> & FetchOptions

/** `ctx.fetch`. */
export const contextFetch = (given: Fetching) => {
  let hasTold = false
  /** Null when it was sent, or there is none. */
  const withheld = ({ isExposed, origin }: ContextRequest): string | null => {
    if (!isExposed || given.session.accessToken === null) return null
    const why = `no token was sent to ${origin}, which is neither https nor this machine`
    if (!hasTold) given.onWithheld(why)
    hasTold = true
    return why
  }
  return async (input: Parameters<typeof fetch>[0], init?: Init | null): Promise<Response> => {
    const site = new Site()
    const request = readRequest(input, init)
    const signal = AbortSignal.any([given.signal, ...request.signals])
    for (let tries = 1; ; tries++) {
      const why = withheld(request)
      const tried = await triedOf(authorized(request, signal, given), signal)
      if (why !== null && "response" in tried) markWithheld(tried.response, why)
      // One that is not to be retried ends as fetch would have it.
      if (request.most === 1 && "response" in tried) return telling(tried.response)
      const { response, failure } = { response: null, failure: null, ...tried }
      if (request.most === 1 && !(failure instanceof Unanswered)) throw failure

      const { name, most } = request
      const { now, random, sleep } = given.time
      const { status, retryAfter } = saidBy(response, request, now())
      const decision = decide({ status, retryAfter, tries, most }, now(), random())
      if (decision.type === "take") return telling(response!)
      const said = response === null ? "" : beginning(await beginningOf(response))
      const what = response === null ? messageOf(failure) : `answered ${response.status}`
      if (decision.type === "give-up") {
        const retryAfter = decision.retryAfter === null ? undefined : new Date(now() + decision.retryAfter)
        const often = tries === 1 ? "" : ` (tried ${tries} times)`
        const cause = failure instanceof Unanswered || failure === null ? undefined : failure
        const error = new RetryableError(`${name} ${what}${often}${said}`, { retryAfter, cause })
        Object.defineProperty(error, saidAll, { value: true })
        error.stack = `${error.name}: ${error.message}${framesOf(site) ?? ""}`
        throw error
      }
      given.onRetry(`${name} ${what}`, decision.after, `${tries + 1} of ${most}`)
      await sleep(decision.after, signal)
    }
  }
}

/** Its `json` says what came instead, and of whom. */
const telling = (response: Response): Response =>
  Object.defineProperty(response, "json", { value: () => jsonBody(response), configurable: true, writable: true })

/** What an answer says to whether to try again; one that the caller takes for "not now" says it as a 429 does. */
const saidBy = (
  response: Response | null,
  { busy }: ContextRequest,
  now: number,
): Pick<Tried, "status" | "retryAfter"> => {
  if (response === null) return { status: null, retryAfter: null }
  const asked = busy?.(response) ?? null
  if (asked === null) return { status: response.status, retryAfter: response.headers.get("retry-after") }
  const seconds = Math.max(0, Math.ceil(typeof asked === "number" ? asked : (asked.getTime() - now) / 1000))
  return { status: 429, retryAfter: Number.isFinite(seconds) ? String(seconds) : null }
}

/** Milliseconds. */
const soon = 2_000

/** No answer came in time. */
class Unanswered extends Error {}

/** What one try came to; throws what another try wouldn't mend. */
const triedOf = async (trying: Promise<Response>, signal: AbortSignal) => {
  try {
    return { response: await trying }
  } catch (failure) {
    if (signal.aborted || !(failure instanceof Unanswered || retryOf(failure, 0).retryable)) throw failure
    return { failure }
  }
}

/** With the token; refused for it, once more with a newer one. */
const authorized = async (request: ContextRequest, signal: AbortSignal, given: Fetching): Promise<Response> => {
  if (request.takesToken) await given.session.keepFresh(given.time.now())
  const token = request.takesToken ? given.session.accessToken : null
  const response = await once(request, token, signal, given)
  if (response.status !== 401 || token === null || !request.canResend) return response
  // Whoever a redirect led to has never seen the token.
  if (response.redirected && new URL(response.url).origin !== request.origin) return response
  if (!(await given.session.renewed(token))) return response
  await response.body?.cancel()
  return once(request, given.session.accessToken, signal, given)
}

/** Until the head of the answer is there. A redirect to another origin goes without the token: fetch sees to it. */
const once = async (
  { input, options, headers, timeout }: ContextRequest,
  token: string | null,
  signal: AbortSignal,
  given: Fetching,
): Promise<Response> => {
  const late = new AbortController()
  const unanswered = new Unanswered(`gave no answer within ${timeout / 1000} s`)
  const timer = setTimeout(() => late.abort(unanswered), timeout)
  const sent = new Headers(headers)
  if (token !== null) sent.set("authorization", `Bearer ${token}`)
  try {
    return await given.fetch(input, { ...options, headers: sent, signal: AbortSignal.any([signal, late.signal]) })
  } finally {
    clearTimeout(timer)
  }
}

const messageOf = (failure: unknown): string => {
  if (failure instanceof Unanswered) return failure.message
  const { cause } = failure as { readonly cause?: { readonly code?: unknown; readonly message?: unknown } }
  const { code, message } = cause ?? (failure as { readonly code?: unknown; readonly message?: unknown })
  // The system's codes are known; those of Node's own fetch need their words.
  const words = typeof code === "string" && /^E[A-Z]+(_[A-Z]+)?$/.test(code) ? code : (message ?? code)
  return `failed (${String(words)})`
}

/** Enough of a body for a message, if it comes soon; the rest is not fetched. */
const beginningOf = async (response: Response): Promise<string> => {
  if (response.body === null) return ""
  const reader = response.body.getReader()
  const cancel = (): void => void reader.cancel().catch(() => {})
  const timer = setTimeout(cancel, soon)
  let text = ""
  try {
    const decoder = new TextDecoder()
    for (let part = await reader.read(); !part.done && text.length < 1_000; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true })
    }
  } catch {
    // The status says what matters.
  } finally {
    clearTimeout(timer)
    cancel()
  }
  return text
}
