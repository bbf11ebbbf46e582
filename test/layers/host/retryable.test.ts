import { describe, expect, it } from "vitest"
import { longestRetryAfter, never, retryOf } from "../../../src/layers/host/retryable.ts"
import { RetryableError } from "../../../src/kit/RetryableError.ts"

const now = Date.now()
const yes = { retryable: true, retryAfter: null }
const code = (text: string) => Object.assign(new Error("no"), { code: text })

describe("trying again may mend", () => {
  for (const [what, thrown] of [
    ["what says so", new RetryableError("busy")],
    ["what another copy of the kit says", Object.assign(new Error(), { [Symbol.for("openislands.retryable")]: true })],
    ["a reset connection", code("ECONNRESET")],
    ["a host that is not found", code("ENOTFOUND")],
    ["a failed fetch", new TypeError("fetch failed", { cause: code("UND_ERR_SOCKET") })],
    ["a cause of a cause", new Error("a", { cause: new Error("b", { cause: new RetryableError("busy") }) })],
    ["several failed connections", new AggregateError([new Error("a"), code("ECONNREFUSED")])],
  ] as const) {
    it(what, () => expect(retryOf(thrown, now)).toEqual(yes))
  }
})

describe("trying again mends neither", () => {
  const cyclic: { cause?: unknown } = {}
  cyclic.cause = cyclic
  for (const [what, thrown] of [
    ["an error", new Error("no")],
    ["a mistake in a request", code("UND_ERR_INVALID_ARG")],
    ["a wrong certificate", new TypeError("fetch failed", { cause: code("DEPTH_ZERO_SELF_SIGNED_CERT") })],
    ["undefined", undefined],
    ["text", "ECONNRESET"],
    ["a cycle", cyclic],
    ["what looks back", new Proxy({}, { get: () => { throw 1 } })], // prettier-ignore
  ] as const) {
    it(what, () => expect(retryOf(thrown, now)).toEqual(never))
  }
})

const at = (retryAfter: number | Date) => new RetryableError("busy", { retryAfter })

it("when to come back: in seconds, at a time, of several the latest, never a negative or endless one", () => {
  expect(retryOf(at(30), Date.now()).retryAfter).toBeGreaterThan(29_000)
  expect(retryOf(at(new Date(now + 5_000)), now)).toEqual({ retryable: true, retryAfter: 5_000 })
  const several = new AggregateError([at(new Date(now + 5_000)), at(new Date(now + 7_000)), at(new Date(now - 1))])
  expect(retryOf(several, now).retryAfter).toBe(7_000)
  expect(retryOf(at(new Date(now - 5_000)), now).retryAfter).toBe(0)
  expect(retryOf(at(new Date(8.64e15)), now).retryAfter).toBe(longestRetryAfter)
  for (const odd of [Number.NaN, new Date(Number.NaN), "soon" as never, {} as never]) {
    expect(retryOf(at(odd), now)).toEqual(yes)
  }
})
