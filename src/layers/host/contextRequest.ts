import { milliseconds } from "../../kit/duration.ts"
import type { FetchOptions } from "../../kit/fetching.ts"
import { shownUrl } from "../../kit/shownUrl.ts"
import { isPrivate } from "./privateUrl.ts"

type Input = Parameters<typeof fetch>[0]
type RequestOptions = NonNullable<Parameters<typeof fetch>[1]>

/** A request of `ctx.fetch`, and what may be done with it. */
export interface ContextRequest {
  readonly input: Input
  readonly options: RequestOptions
  readonly headers: Headers
  /** Of the caller. */
  readonly signals: ReadonlyArray<AbortSignal>
  /** Method and URL, as a message may show them. */
  readonly name: string
  /** Where it goes first. */
  readonly origin: string
  /** It has no Authorization of its own, and goes where nobody listens in. */
  readonly takesToken: boolean
  /** It would take the token, were it not for where it goes. */
  readonly isExposed: boolean
  /** Its body, if it has any, is there for another time. */
  readonly canResend: boolean
  /** Tries in all. */
  readonly most: number
  /** Milliseconds for the head of the answer. */
  readonly timeout: number
  /** The caller's word for which answers say "not now". */
  readonly busy: FetchOptions["busy"]
}

const defaultRetries = 3
const idempotentMethods = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])

/** Throws a TypeError for options that make no sense, and for a URL that is none. */
export const readRequest = (input: Input, init: (RequestOptions & FetchOptions) | null | undefined): ContextRequest => {
  const { timeout = "60s", retries = defaultRetries, idempotent, busy, ...options } = init ?? {}
  if (!Number.isInteger(retries) || retries < 0) throw new TypeError(`retries must be 0, 1, 2 ..., and is ${retries}`)
  const request = isRequest(input) ? input : null
  const url = new URL(request === null ? String(input) : request.url)
  const method = (options.method ?? request?.method ?? "GET").toUpperCase()
  const headers = new Headers(options.headers ?? request?.headers)
  const isBare = !headers.has("authorization")
  // An empty one is how a caller says that it wants none.
  if (headers.get("authorization") === "") headers.delete("authorization")
  const canResend = isKept(options.body) && (options.body != null || request === null || request.body === null)
  const retried = canResend && (idempotent ?? idempotentMethods.has(method))
  return {
    input,
    options,
    headers,
    signals: [options.signal, request?.signal].filter((signal) => signal != null),
    name: `${method} ${shownUrl(url.href)}`,
    origin: url.origin,
    takesToken: isBare && isPrivate(url),
    isExposed: isBare && !isPrivate(url),
    canResend,
    most: retried ? retries + 1 : 1,
    timeout: milliseconds(timeout, "timeout"),
    busy,
  }
}

const isRequest = (input: Input): input is Request => typeof input === "object" && "url" in input

/** A stream is gone once it was sent. */
const isKept = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  body instanceof URLSearchParams ||
  body instanceof FormData ||
  body instanceof Blob ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)
