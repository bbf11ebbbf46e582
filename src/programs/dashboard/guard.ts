import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { ForeignHost, ForeignSite, Unauthorized } from "./problems.ts"
import type { Site } from "./Site.ts"

/** Why a request must not be answered; null when it may. */
export const objection = (request: HttpServerRequest, site: Site["Service"]): TaggedFailure | null => {
  const host = request.headers["host"] ?? ""
  if (!site.isOurs(host)) return new ForeignHost({ host, origin: site.origin })
  const from = foreignSite(request, host, site.origin)
  if (from !== undefined) return new ForeignSite({ site: from })
  const path = pathOf(request)
  if (site.access === null || open.has(path) || callback.test(path)) return null
  return site.access.admits(request) ? null : new Unauthorized()
}

/** Ends where it ends for the router: else what stands behind that would make a path pass for another one. */
export const pathOf = ({ url }: HttpServerRequest): string => url.split(/[?;#]/, 1)[0] ?? ""

/** Where a provider sends the browser back to: `state`, bound to a cookie, is what admits it. */
const callback = /^\/api\/connectors\/[^/]+\/auth\/callback$/

/** Pages that a link on any other site may lead to. */
const pages = new Set(["/", "/login"])

/** What a browser needs to sign in, and what says nothing. */
const open = new Set(["/login", "/style.css", "/healthz"])

/** To the router letters are large or small, escaped or not, and one slash is as good as several. */
const isMcp = (path: string): boolean =>
  /^\/+mcp\/*$/i.test(path.replace(/%(?:[4-6][\da-f]|7[\da])/gi, decodeURIComponent))

const isRead = (method: string): boolean => method === "GET" || method === "HEAD"

/**
 * Undefined when the request is our own page's, a human's, or a program's that is no browser; else the site that made
 * the browser send it, null where it doesn't say.
 */
const foreignSite = (request: HttpServerRequest, host: string, ownOrigin: string): string | null | undefined => {
  const { method, headers } = request
  const origin = headers["origin"]
  const site = headers["sec-fetch-site"]
  const path = pathOf(request)
  const mayBeLinkedTo = isRead(method) && headers["sec-fetch-mode"] === "navigate"
  if (mayBeLinkedTo && (pages.has(path) || callback.test(path))) return undefined
  // `none` is a human at the address bar, who can only read like this.
  if (site !== undefined && site !== "same-origin" && !(site === "none" && isRead(method))) return origin ?? null
  // Agents are no pages: MCP asks that an Origin is looked at whatever the method is.
  if (origin === undefined || (isRead(method) && !isMcp(path))) return undefined
  // Where no referrer is sent, a form of our own page says null; then the browser has said same-origin above.
  if (origin === "null") return site === "same-origin" ? undefined : null
  return origin === ownOrigin || URL.parse(origin)?.host === host.toLowerCase() ? undefined : origin
}
