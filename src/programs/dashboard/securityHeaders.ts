import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Response from "effect/http/HttpServerResponse"

/** Nothing may be loaded, framed or sent anywhere but what our own pages need. */
const policy = (styles: string, forms: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${styles}`,
    "connect-src 'self'",
    "img-src 'self' data:",
    `form-action ${forms}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ")

const everywhere = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
}

/** On each answer, whatever it is. What an answer says for itself stays. */
export const secured = (response: HttpServerResponse): HttpServerResponse =>
  Response.setHeaders(response, {
    ...everywhere,
    "content-security-policy": policy("", "'none'"),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    ...response.headers,
  })

/** For a page with styles of its own that carry this nonce. */
export const stylesOf = (nonce: string) => ({ "content-security-policy": policy(` 'nonce-${nonce}'`, "'none'") })

/** For the one page with a form. A browser that keeps the referrer to itself would not say where the form came from. */
export const formPage = { "content-security-policy": policy("", "'self'"), "referrer-policy": "same-origin" }
