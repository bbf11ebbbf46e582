import type { Duration } from "./duration.ts"

/** What `ctx.fetch` takes beside the options of `fetch`. */
export interface FetchOptions {
  /** For the head of the answer, each try; `"60s"` by default. */
  timeout?: Duration | undefined
  /** How often it is tried again after the first time; 3 by default. */
  retries?: number | undefined
  /** It does no harm to send it twice. True for GET, HEAD, OPTIONS, PUT and DELETE unless said otherwise. */
  idempotent?: boolean | undefined
  /**
   * For a provider that says "not now" in a way of its own: how many seconds from now, or until when, if this answer
   * says so; null or undefined if it doesn't. Such an answer is treated as a 429 with that `Retry-After`.
   */
  busy?: ((answer: AnswerHead) => number | Date | null | undefined) | undefined
}

/** Of an answer, what comes before its body. */
export interface AnswerHead {
  readonly status: number
  readonly headers: { get(name: string): string | null }
}

/** `fetch`, where the author's `lib` or Node's types declare it; neither has to be there. */
export type ContextFetch = typeof globalThis extends { fetch: infer Fetch extends (...args: any) => unknown }
  ? (input: Parameters<Fetch>[0], init?: NonNullable<Parameters<Fetch>[1]> & FetchOptions) => ReturnType<Fetch>
  : (input: string, init?: FetchOptions & { readonly [option: string]: unknown }) => Promise<PlainResponse>

/** What a request is made with beside its URL. */
export type FetchInit = NonNullable<Parameters<ContextFetch>[1]>

interface PlainResponse {
  readonly ok: boolean
  readonly status: number
  readonly url: string
  readonly headers: { get(name: string): string | null }
  json(): Promise<any>
  text(): Promise<string>
}
