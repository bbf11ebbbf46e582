import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Random, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { retrying, retrySchedule } from "../../../src/layers/runs/retries.ts"
import { ConnectorCrashed, ConnectorFailed, ConnectorTimeout } from "../../../src/services/domain/GuestError.ts"

const failed = (retryAfter: number | null = null, retryable = true) =>
  new ConnectorFailed({ connector: "one", detail: "busy", retryable, retryAfter, file: null, line: null, column: null })

/** Fails like this each time; how it ended after so long, when its tries began, and what it said. */
const ended = <E>(error: E, after: Duration.Input = "1 hour") =>
  Effect.gen(function* () {
    const began: Array<number> = []
    const said: Array<string> = []
    const clock = yield* TestClock.testClockWith(Effect.succeed)
    const sync = Effect.suspend(() => {
      began.push(clock.currentTimeMillisUnsafe())
      return Effect.fail(error)
    })
    const fiber = yield* Effect.forkChild(retrying(sync, (line) => said.push(line)))
    yield* TestClock.adjust(after)
    const exit = fiber.pollUnsafe()
    return { began, said, error: exit === undefined ? null : yield* Effect.flip(exit as Exit.Exit<never, unknown>) }
  })

describe("a sync that may be tried again", () => {
  it.effect("has four tries, ever further apart, and then fails as it failed", () =>
    Effect.gen(function* () {
      const error = failed()
      const { began, said, error: end } = yield* ended(error)
      assert.strictEqual(end, error)
      const waits = began.slice(1).map((at, index) => at - began[index]!)
      assert.lengthOf(waits, 3)
      for (const [index, whole] of [2_000, 6_000, 18_000].entries()) {
        assert.isAtLeast(waits[index]!, whole * 0.8)
        assert.isAtMost(waits[index]!, whole * 1.2)
      }
      assert.lengthOf(said, 3)
      for (const [index, line] of said.entries()) {
        assert.match(line, new RegExp(`^try ${index + 2} of 4 in [\\d.]+ s: connector "one" failed: busy$`))
      }
    }),
  )

  it.effect("waits by chance, within a fifth of what it would wait", () =>
    Effect.gen(function* () {
      const delays = yield* Effect.forEach(Array.from({ length: 100 }), (_, seed) =>
        Effect.gen(function* () {
          const step = yield* Schedule.toStep(retrySchedule)
          const [, delay] = yield* step(0, failed())
          return Duration.toMillis(delay)
        }).pipe(Random.withSeed(`${seed}`)),
      )
      assert.isTrue(delays.every((delay) => delay >= 1_600 && delay <= 2_400))
      assert.isAbove(new Set(delays).size, 50)
    }),
  )

  it.effect("never comes back before it was asked to", () =>
    Effect.gen(function* () {
      const wait = 14 * 60_000
      const { began } = yield* ended(failed(wait))
      assert.deepEqual(
        began.map((at) => at - began[0]!),
        [0, wait, 2 * wait, 3 * wait],
      )
      // What is asked for is the least: a shorter one doesn't shorten the backoff.
      const short = yield* ended(failed(1))
      assert.isAtLeast(short.began[1]! - short.began[0]!, 1_600)
    }),
  )

  it.effect("ends at once with when to come back, if that is too long to wait for", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const { began, said, error } = yield* ended(failed(3 * 3_600_000), "1 second")
      assert.deepInclude(error as object, { _tag: "RetryLater", detail: "busy", retryAt: "2026-01-01T03:00:00.000Z" })
      assert.lengthOf(began, 1)
      assert.deepEqual(said, [])
    }),
  )

  it.effect("is given up at once when it is interrupted while it waits", () =>
    Effect.gen(function* () {
      const waiting = yield* Deferred.make<void>()
      let began = 0
      const sync = Effect.suspend(() => (began++, Effect.fail(failed(600_000))))
      const say = () => Deferred.doneUnsafe(waiting, Effect.void)
      const fiber = yield* Effect.forkChild(retrying(sync, say))
      yield* Deferred.await(waiting)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.strictEqual(began, 1)
    }),
  )
})

describe("no other try has", () => {
  for (const error of [
    failed(null, false),
    failed(1_000, false),
    new ConnectorCrashed({ connector: "one", detail: "out of memory" }),
    new ConnectorTimeout({ connector: "one", milliseconds: 1 }),
    { _tag: "SchemaDrift", retryable: true },
  ]) {
    it.effect(`${error._tag} ${"retryAfter" in error ? error.retryAfter : ""}`, () =>
      Effect.gen(function* () {
        const { began, said, error: end } = yield* ended(error)
        assert.strictEqual(end, error)
        assert.lengthOf(began, 1)
        assert.deepEqual(said, [])
      }),
    )
  }
})

it.effect("a try that succeeds is the end of it", () =>
  Effect.gen(function* () {
    let began = 0
    const sync = Effect.suspend(() => (++began < 3 ? Effect.fail(failed()) : Effect.succeed("done")))
    const fiber = yield* Effect.forkChild(retrying(sync, () => {}))
    yield* TestClock.adjust("1 hour")
    assert.strictEqual(yield* Fiber.join(fiber), "done")
    assert.strictEqual(began, 3)
  }),
)
