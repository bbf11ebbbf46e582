import type { FetchInit } from "./fetching.ts"
import { jsonBody } from "./jsonBody.ts"
import type { Next, NextRequest } from "./next.ts"
import { responseError } from "./responseError.ts"
import { shownUrl } from "./shownUrl.ts"
import { type AnyFetch, web } from "./web.ts"

export interface PaginateOptions<Body, R> {
  /** `ctx.fetch`, or whatever has its shape: a rate-limited one, say. */
  fetch: AnyFetch
  /** Of the first page. */
  url: string | { readonly href: string }
  /** The rows of a page, from its JSON. */
  rows: (body: Body) => ReadonlyArray<R>
  /**
   * How one page leads to the next: `byCursor`, `byCursorInBody`, `byPage`, `byOffset`, `byLink`, `byUrl`, or a function
   * of your own.
   */
  next: Next<NoInfer<Body>>
  /** What each request is made with besides: headers, say; or a method and a body. */
  init?: FetchInit | undefined
  /** Ends after this many pages, whether there are more or not. */
  maxPages?: number | undefined
}

export interface Page<Body, R> {
  readonly rows: ReadonlyArray<R>
  readonly body: Body
  readonly url: string
  /** 0 for the first. */
  readonly index: number
}

/**
 * The rows of all pages, one page at a time in memory:
 *
 * ```ts
 * await ctx.insert("events", paginate({
 *   fetch: ctx.fetch,
 *   url: "https://api.acme.dev/events",
 *   rows: (body) => body.items,
 *   next: byCursor("cursor", (body) => body.next_cursor),
 * }))
 * ```
 *
 * Throws what `responseError` makes of an answer that isn't ok, and an Error for a body that isn't JSON, for `rows` that
 * give no array, for a page that leads back to one that was there, or to another origin: there the token must not go.
 */
export async function* paginate<Body = any, R = any>(options: PaginateOptions<Body, R>): AsyncGenerator<R, void, void> {
  for await (const { rows } of pages(options)) yield* rows
}

/** The same page by page, for who wants to do something after each: keep a cursor, or `ctx.checkpoint()`. */
export async function* pages<Body = any, R = any>(
  options: PaginateOptions<Body, R>,
): AsyncGenerator<Page<Body, R>, void, void> {
  const { fetch, rows: rowsOf, next, maxPages = Number.POSITIVE_INFINITY } = options
  let { init } = options
  let url = new web.URL(typeof options.url === "string" ? options.url : options.url.href)
  const visited = new Set<string>()
  for (let index = 0; index < maxPages; index++) {
    const asked = url.href + bodyOf(init)
    if (visited.has(asked)) throw new Error(`page ${index + 1}, ${shownUrl(url.href)}, was fetched before: it repeats`)
    visited.add(asked)
    const response = await fetch(url.href, init)
    if (!response.ok) throw await responseError(response)
    const body = (await jsonBody(response)) as Body
    const rows = rowsOf(body)
    if (!Array.isArray(rows)) {
      throw new Error(`rows(body) gave no array for ${shownUrl(url.href)}, but ${rows === null ? "null" : typeof rows}`)
    }
    yield { rows, body, url: url.href, index }
    const following = next({ url: url.href, init, body, rows, headers: response.headers, index })
    if (following === null || following === undefined) return
    const request = isRequest(following) ? following : { url: following, init }
    const at = new web.URL(String(request.url ?? url.href), url.href)
    if (at.origin !== url.origin) {
      throw new Error(
        `${shownUrl(url.href)} says that the next page is at ${at.origin}: another origin is not followed`,
      )
    }
    url = at
    init = request.init
  }
}

const isRequest = (next: string | object): next is NextRequest => typeof next === "object" && "init" in next

/** Of a request, as far as it tells it from others. */
const bodyOf = (init: FetchInit | undefined): string => {
  const { body } = (init ?? {}) as { readonly body?: unknown }
  return typeof body === "string" ? `\n${body}` : ""
}
