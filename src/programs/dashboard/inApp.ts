import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { pathOf } from "./guard.ts"

/**
 * Where the dashboard has what a browser asks for at a path that leads nowhere: its own addresses are behind a `#`, which
 * a human leaves out. Null for a program, and for what the dashboard doesn't have either.
 */
export const inApp = (request: HttpServerRequest): string | null => {
  const path = pathOf(request)
  if (!wantsPage(request) || !/^\/(connectors|datasets|history)(\/|$)/.test(path)) return null
  // The connectors are its first page.
  return /^\/connectors\/?$/.test(path) ? "/" : `/#${path}`
}

const wantsPage = ({ method, headers }: HttpServerRequest): boolean => {
  const accept = headers["accept"] ?? ""
  return method === "GET" && accept.includes("text/html") && !accept.includes("json")
}
