import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failing, succeeding, syncing } from "../../fixtures/guest.ts"
import { provider } from "../../fixtures/provider.ts"

const spent = [403, { "x-ratelimit-remaining": "0" }, "rate limit exceeded"] as const

/** What `busy` answers to a 403 whose limit is used up. */
const asking = (origin: string, answer: string, more = "") => `
    const busy = ({ status, headers }) =>
      status === 403 && headers.get("x-ratelimit-remaining") === "0" ? ${answer} : null
    const response = await ctx.fetch("${origin}/a", { busy${more} })
    ctx.log(response.status + " " + await response.text())`

describe.concurrent("a provider that says in its own way that it is busy", () => {
  for (const [what, answer] of [
    ["a number of seconds", "1"],
    ["a time", "new Date(Date.now() + 1_000)"],
  ]) {
    it.live(`is asked again after ${what}`, () =>
      Effect.gen(function* () {
        const { origin, asked } = yield* provider((_, number) => (number === 1 ? spent : [200, {}, "fine"]))
        const { lines } = yield* succeeding(syncing(asking(origin, answer!)))
        assert.strictEqual(lines.at(-1)?.text, "200 fine")
        assert.lengthOf(asked, 2)
        assert.isAtLeast(asked[1]!.at - asked[0]!.at, 990)
      }),
    )
  }

  it.live("ends the attempt at once when it wants to be left alone for an hour", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => spent)
      const { error } = yield* failing(syncing(asking(origin, "3600")))
      assert.isTrue(error._tag === "ConnectorFailed" && error.retryable && error.retryAfter! > 3_590_000)
      assert.lengthOf(asked, 1)
    }),
  )

  it.live("is tried again like any other when its header makes no sense", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider((_, number) => (number === 1 ? spent : [200, {}, "fine"]))
      yield* succeeding(syncing(asking(origin, `new Date("")`)))
      assert.lengthOf(asked, 2)
    }),
  )

  it.live("keeps its other answers, and its answer where no other try is wanted", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider((_, number) => (number === 1 ? [403, {}, "no access"] : spent))
      const other = yield* succeeding(syncing(asking(origin, "1")))
      assert.strictEqual(other.lines.at(-1)?.text, "403 no access")
      const once = yield* succeeding(syncing(asking(origin, "1", ", retries: 0")))
      assert.strictEqual(once.lines.at(-1)?.text, "403 rate limit exceeded")
      assert.lengthOf(asked, 2)
    }),
  )
})
