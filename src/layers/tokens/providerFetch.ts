import { shortened } from "../../kit/responseError.ts"

/** An endpoint that cannot be used: what it did instead of answering. */
export class Unusable extends Error {
  readonly endpoint: string
  readonly transient: boolean
  /** It said that it did nothing, so the same request can be made again at once. */
  readonly untouched: boolean
  constructor(endpoint: string, detail: string, transient: boolean, untouched = false) {
    super(detail)
    this.untouched = untouched
    this.endpoint = endpoint
    this.transient = transient
  }
}

/** Bytes of an answer; a token is a few thousand. */
const largest = 1024 * 1024

/**
 * A fetch for OAuth2 endpoints as providers have them: an answer may be form-encoded, an error may come with status 200,
 * `expires_in` may be a text. What is passed on is JSON as the standard has it. A redirect is refused, since credentials
 * would go with it. `patience` is in milliseconds, for the request and its answer.
 */
export const providerFetch = async (url: string, init: RequestInit, patience: number): Promise<Response> => {
  const endpoint = withoutQuery(url)
  const [response, text] = await exchange(endpoint, url, init, patience)
  const { status } = response
  if (status >= 300 && status < 400) throw new Unusable(endpoint, `redirects to ${locationOf(response, url)}`, false)
  const body = parse(text, response.headers.get("content-type") ?? "")
  // A revocation may be answered by nothing at all.
  if (body === null && text.trim() === "" && response.ok) return new Response(null, { status })
  if (body === null || (status >= 500 && typeof body["error"] !== "string")) {
    const transient = status >= 500 || status === 429 || status === 408
    throw new Unusable(endpoint, `answered ${status}${excerpt(text)}`, transient, status === 503 || status === 429)
  }
  return Response.json(standard(body), { status: !response.ok ? status : isError(body) ? 400 : 200 })
}

const exchange = async (
  endpoint: string,
  url: string,
  init: RequestInit,
  patience: number,
): Promise<[Response, string]> => {
  const headers = new Headers(init.headers)
  headers.set("accept", "application/json")
  const signal = AbortSignal.timeout(patience)
  try {
    const response = await fetch(url, { ...init, headers, redirect: "manual", signal })
    return [response, await read(endpoint, response)]
  } catch (cause) {
    if (cause instanceof Unusable) throw cause
    const timedOut = signal.aborted
    throw new Unusable(endpoint, timedOut ? `did not answer within ${patience / 1000} s` : reasonOf(cause), true)
  }
}

const read = async (endpoint: string, response: Response): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > largest) throw new Unusable(endpoint, `answered with more than ${largest / 1024 / 1024} MiB`, false)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

type Body = Readonly<Record<string, unknown>>

const parse = (text: string, type: string): Body | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : null
  } catch {
    if (/html|xml/i.test(type) || !/^[^\s<>{}]+=/.test(text)) return null
    const body = Object.fromEntries(new URLSearchParams(text.trim()))
    return "access_token" in body || "error" in body ? body : null
  }
}

const isError = (body: Body): boolean => typeof body["error"] === "string" && body["access_token"] === undefined

const standard = (body: Body): Body => {
  const { expires_in: expires, token_type: type, id_token: _unused, scope, refresh_token: refresh, ...rest } = body
  const seconds = typeof expires === "string" && expires.trim() !== "" ? Number(expires) : expires
  return {
    ...rest,
    ...(isError(body) ? {} : { token_type: typeof type === "string" && type !== "" ? type : "bearer" }),
    // One that makes no sense is as good as none.
    ...(typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? { expires_in: seconds } : {}),
    ...(typeof refresh === "string" && refresh !== "" ? { refresh_token: refresh } : {}),
    ...(typeof scope === "string" ? { scope } : Array.isArray(scope) ? { scope: scope.join(" ") } : {}),
  }
}

const withoutQuery = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

const locationOf = (response: Response, url: string): string => {
  const location = response.headers.get("location") ?? ""
  return URL.canParse(location, url) ? withoutQuery(new URL(location, url).href) : "nowhere"
}

/** What a page says to a reader, its markup left out. */
const excerpt = (text: string): string => {
  // What is never closed goes to the end, so that no text is looked through again and again.
  const words = text
    .replace(/<(style|script)[\s\S]*?(?:<\/\1>|$)/gi, " ")
    .replace(/<[^>]*(?:>|$)/g, " ")
    .replace(/\s+/g, " ")
    .trim()
  const shown = shortened(words, 200)
  return shown === "" ? "" : `: ${shown}`
}

const reasonOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const reason =
    inner instanceof Error ? inner.message || ((inner as { code?: string }).code ?? inner.name) : String(inner)
  return `cannot be reached: ${reason}`
}
