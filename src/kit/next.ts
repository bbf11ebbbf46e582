import type { FetchInit } from "./fetching.ts"
import { web } from "./web.ts"

/**
 * Where the page after this one is: a URL, relative to this one's if it likes, or what else the next request is made with;
 * null or undefined after the last.
 */
export type Next<Body = any> = (
  page: PageSeen<Body>,
) => string | { toString(): string } | NextRequest | null | undefined

/** For providers that page by the body of a request, or by its headers. */
export interface NextRequest {
  /** This page's by default. */
  readonly url?: string | { toString(): string }
  /** In the place of this page's; it stays for the pages that follow. */
  readonly init: FetchInit
}

export interface PageSeen<Body = any> {
  readonly url: string
  /** What it was asked for with. */
  readonly init?: FetchInit | undefined
  readonly body: Body
  readonly rows: ReadonlyArray<unknown>
  readonly headers: { get(name: string): string | null }
  /** 0 for the first. */
  readonly index: number
}

/** The body tells a cursor, which goes into this parameter. Absent, null or empty after the last page. */
export const byCursor =
  <Body = any>(parameter: string, read: (body: Body) => string | number | null | undefined): Next<Body> =>
  ({ url, body }) => {
    const cursor = read(body)
    return cursor === null || cursor === undefined || cursor === "" ? null : withParameter(url, parameter, cursor)
  }

/** The same where the cursor goes into a member of the request's own body, which is JSON: of a POST, say. */
export const byCursorInBody =
  <Body = any>(member: string, read: (body: Body) => string | number | null | undefined): Next<Body> =>
  ({ init, body }) => {
    const cursor = read(body)
    if (cursor === null || cursor === undefined || cursor === "") return null
    const { body: sent = "{}" } = (init ?? {}) as { readonly body?: string }
    return { init: { ...init, body: JSON.stringify({ ...JSON.parse(sent), [member]: cursor }) } }
  }

/**
 * A page number in this parameter (`page`), one more each time. The first page without rows is the end. The first request
 * is the URL as it is: where that names no page it is taken for page `first`, and `first + 1` is asked for next.
 */
export const byPage =
  (parameter = "page", { first = 1 }: { first?: number } = {}): Next =>
  ({ url, rows }) =>
    rows.length === 0 ? null : withParameter(url, parameter, numberIn(url, parameter, first) + 1)

/**
 * How many rows there were so far in this parameter (`offset`). The first page without rows is the end. The first request
 * is the URL as it is: where that names no offset it is taken for 0.
 */
export const byOffset =
  (parameter = "offset"): Next =>
  ({ url, rows }) =>
    rows.length === 0 ? null : withParameter(url, parameter, numberIn(url, parameter, 0) + rows.length)

/** The `Link` header names it (RFC 8288), as GitHub's does: `<https://api.acme.dev/events?page=2>; rel="next"`. */
export const byLink =
  (relation = "next"): Next =>
  ({ headers }) =>
    linkOf(headers.get("link") ?? "", relation)

/** The body tells the whole URL. Absent, null or empty after the last page. */
export const byUrl =
  <Body = any>(read: (body: Body) => string | null | undefined): Next<Body> =>
  ({ body }) =>
    read(body) || null

const withParameter = (url: string, name: string, value: string | number): string => {
  const changed = new web.URL(url)
  changed.searchParams.set(name, String(value))
  return changed.href
}

/** What the first URL leaves out is what providers take it for. */
const numberIn = (url: string, parameter: string, absent: number): number => {
  const text = new web.URL(url).searchParams.get(parameter)
  const value = text === null ? absent : Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new Error(`the parameter "${parameter}" of the URL must be a whole number, and is "${text}"`)
}

/** `<target>` and its parameters; quoted text may hold any of the separators. */
const link = /<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g
const parameter = /;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g

/** The target of the first link of this relation. */
const linkOf = (header: string, relation: string): string | null => {
  for (const [, target, parameters = ""] of header.matchAll(link)) {
    for (const [, name = "", quoted, bare = ""] of parameters.matchAll(parameter)) {
      if (name.toLowerCase() !== "rel") continue
      const relations = (quoted?.replaceAll(/\\(.)/g, "$1") ?? bare).toLowerCase().split(/\s+/)
      if (relations.includes(relation.toLowerCase())) return target ?? null
      // Of several the first counts.
      break
    }
  }
  return null
}
