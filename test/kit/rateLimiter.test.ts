import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { rateLimiter } from "../../src/kit/index.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** When each call began, and in which order. */
const calls = () => {
  const began: Array<readonly [id: number, at: number]> = []
  let under = 0
  let most = 0
  const start = performance.now()
  const call = async (id: number, _init?: { signal?: AbortSignal }, takes = 0): Promise<number> => {
    began.push([id, Math.round(performance.now() - start)])
    most = Math.max(most, ++under)
    await new Promise((resolve) => setTimeout(resolve, takes))
    under--
    if (id < 0) throw new Error("no")
    return id
  }
  return { began, call, most: () => most }
}

const some = (count: number) => Array.from({ length: count }, (_, id) => id)

describe("a rate limiter", () => {
  it("starts no more calls in any span of time than it may, first come, first served", async () => {
    const { began, call } = calls()
    const limited = rateLimiter({ requests: 3, per: "1s" })(call)
    const answers = Promise.all(some(8).map((id) => limited(id)))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await answers).toEqual(some(8))
    expect(began).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000].map((at, id) => [id, at]))
  })

  it("looks at spans that begin anywhere, not at whole ones", async () => {
    const { began, call } = calls()
    const limited = rateLimiter({ requests: 2, per: 1_000 })(call)
    for (const wait of [900, 50, 0, 0]) {
      void limited(0)
      await vi.advanceTimersByTimeAsync(wait)
    }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(began.map(([, at]) => at)).toEqual([0, 900, 1_000, 1_900])
  })

  it("has no more under way than it may, and a call that fails makes room as well", async () => {
    const { call, most, began } = calls()
    const limited = rateLimiter({ requests: 100, per: "1m", concurrency: 2 })(call)
    const answers = Promise.allSettled([-1, -2, 3, 4, 5].map((id) => limited(id, {}, 100)))
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await answers).map(({ status }) => status)).toEqual(["rejected", "rejected", ...Array(3).fill("fulfilled")])
    expect(most()).toBe(2)
    expect(began.map(([, at]) => at)).toEqual([0, 0, 100, 100, 200])
  })

  it("is shared by all that it wraps", async () => {
    const { began, call } = calls()
    const limiter = rateLimiter({ requests: 1, per: "1s" })
    const [one, other] = [limiter(call), limiter(call)]
    void Promise.all([one(1), other(2), one(3)])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(began).toEqual([
      [1, 0],
      [2, 1_000],
      [3, 2_000],
    ])
  })

  it("lets go of who waits when either signal aborts, and of nobody else", async () => {
    const { began, call } = calls()
    const own = new AbortController()
    const limited = rateLimiter({ requests: 1, per: "1s" })(call)
    const answers = Promise.allSettled([limited(1), limited(2, { signal: own.signal }), limited(3)])
    own.abort("mine")
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await answers).toMatchObject([{ value: 1 }, { reason: "mine" }, { value: 3 }])
    expect(began.map(([, at]) => at)).toEqual([0, 1_000])

    const all = new AbortController()
    const stopped = rateLimiter({ requests: 1, per: "1h", signal: all.signal })(call)
    const waiting = Promise.allSettled([stopped(1), stopped(2), stopped(3)])
    await vi.advanceTimersByTimeAsync(10)
    all.abort("all")
    expect(await waiting).toMatchObject([{ value: 1 }, { reason: "all" }, { reason: "all" }])
    await expect(stopped(4)).rejects.toBe("all")
    // Nothing keeps the program alive any more.
    expect(vi.getTimerCount()).toBe(0)
  })

  it("refuses limits that are none", () => {
    expect(() => rateLimiter({ requests: 0, per: "1m" })).toThrow("requests must be at least 1")
    expect(() => rateLimiter({ requests: 1, per: "1 fortnight" as never })).toThrow(/^per must be .* "1 fortnight"$/)
    expect(() => rateLimiter({ requests: 1, per: "1m", concurrency: 0 })).toThrow("concurrency must be at least 1")
  })
})
