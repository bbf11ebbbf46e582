import { refusalOf } from "./netGuard.ts"
import type { RequestCount } from "./syncOnce.ts"
import { framesOf, subject } from "./thrown.ts"

const Site = Error
const Url = URL
const defineProperty = Object.defineProperty

/**
 * Node's own fetch fails with an error that has no stack and doesn't always say of which host: it gets the stack of the
 * call, so that the place can be named, and the origin, out of sight of a connector that looks at its message. Every
 * call is counted.
 */
export const placeFetchErrors = (requests: RequestCount): void => {
  const { fetch } = globalThis
  globalThis.fetch = async (...request) => {
    requests.made++
    const site = new Site()
    try {
      return await fetch(...request)
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      if (refusal !== null) {
        refusal.stack = `${refusal.message}${framesOf(site) ?? ""}`
        throw refusal
      }
      if (thrown instanceof Site && framesOf(thrown) === null) {
        thrown.stack = `${thrown.name}: ${thrown.message}${framesOf(site) ?? ""}`
        defineProperty(thrown, subject, { value: originOf(request[0]), configurable: true })
      }
      throw thrown
    }
  }
}

/** Of what is asked for, no more than that: a path or a query may hold secrets. */
const originOf = (request: Parameters<typeof fetch>[0]): string | undefined => {
  try {
    return new Url(typeof request === "object" && "url" in request ? request.url : request).origin
  } catch {
    return undefined
  }
}
