import { type Duration, milliseconds } from "./duration.ts"
import { web, type WebSignal } from "./web.ts"

export interface RateLimit {
  /** So many calls may start... */
  requests: number
  /** ...in any span of this length: milliseconds, or text such as `"1m"`. */
  per: Duration
  /** Calls under way at once; as many as there are by default. */
  concurrency?: number | undefined
  /** Ends the waiting: `ctx.signal`. */
  signal?: WebSignal | undefined
}

/**
 * Wraps a fetch, or any async function, so that its calls wait for their turn, first come, first served. All that one
 * limiter wraps share its limit.
 *
 * ```ts
 * const limited = rateLimiter({ requests: 60, per: "1m", concurrency: 4, signal: ctx.signal })
 * const fetch = limited(ctx.fetch)
 * ```
 *
 * A waiting call is given up when the limiter's signal aborts, or the one in the options of the call itself.
 */
export const rateLimiter = ({ requests, per, concurrency = Number.POSITIVE_INFINITY, signal }: RateLimit) => {
  const span = milliseconds(per, "per")
  if (!(requests >= 1)) throw new TypeError(`requests must be at least 1, and is ${requests}`)
  if (!(concurrency >= 1)) throw new TypeError(`concurrency must be at least 1, and is ${concurrency}`)
  const waiting: Array<() => void> = []
  /** When the last calls started, the oldest first; no more of them than the limit looks at. */
  const started: Array<number> = []
  let running = 0
  let timer: unknown = null

  const admit = (): void => {
    while (waiting.length > 0 && running < concurrency) {
      const now = web.performance.now()
      const free = started.length < Math.floor(requests) ? now : started[0]! + span
      if (free > now) {
        timer ??= web.setTimeout(
          () => {
            // It may come a little early: then the rest is waited for.
            timer = null
            admit()
          },
          Math.ceil(free - now),
        )
        return
      }
      if (started.length >= Math.floor(requests)) started.shift()
      started.push(now)
      running++
      waiting.shift()!()
    }
    if (waiting.length > 0 || timer === null) return
    // Nothing may keep a program alive that waits for nothing.
    web.clearTimeout(timer)
    timer = null
  }

  const turn = (signals: ReadonlyArray<WebSignal>): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => signals.forEach((one) => one.removeEventListener("abort", abandon))
      const go = (): void => {
        leave()
        resolve()
      }
      const abandon = (): void => {
        leave()
        waiting.splice(waiting.indexOf(go), 1)
        reject(signals.find(({ aborted }) => aborted)?.reason)
        admit()
      }
      waiting.push(go)
      for (const one of signals) {
        if (one.aborted) return abandon()
        one.addEventListener("abort", abandon)
      }
      admit()
    })

  return <Args extends ReadonlyArray<any>, Result>(
      call: (...args: Args) => Promise<Result>,
    ): ((...args: Args) => Promise<Result>) =>
    async (...args) => {
      const own = (args[1] as { readonly signal?: WebSignal | null } | null | undefined)?.signal
      await turn([signal, own].filter((one) => one !== undefined && one !== null))
      try {
        return await call(...args)
      } finally {
        running--
        admit()
      }
    }
}
