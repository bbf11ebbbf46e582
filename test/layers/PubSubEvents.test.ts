import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as PubSubEvents from "../../src/layers/PubSubEvents.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { Events, type ProjectEvent, type RunUnderWay, type ToldEvent } from "../../src/services/Events.ts"

const line = (text: string): ProjectEvent => ({ type: "line", runId: "r", connector: "c", stream: "log", text })
const texts = (told: ReadonlyArray<ToldEvent>) => told.map(({ event }) => ("text" in event ? event.text : event.type))

const run = (checkpoint_id: string | null) => ({ runId: "r", connector: "c", checkpoint_id }) as Run

/** The first of what a listener is told, once it listens. */
const listening = Effect.fnUntraced(function* (count: number, lastId: string | null = null) {
  const { since } = yield* Events
  const hears = yield* Deferred.make<void>()
  const told = since(lastId).pipe(
    Stream.tap(() => Deferred.succeed(hears, undefined)),
    Stream.take(count),
    Stream.runCollect,
  )
  const fiber = yield* Effect.forkChild(told)
  yield* Deferred.await(hears)
  return fiber
})

describe("events", () => {
  it.effect("are told in order to whoever listens, after a hello", () =>
    Effect.gen(function* () {
      const { publish } = yield* Events
      const long = yield* listening(2)
      publish(line("x".repeat(65_536)))
      assert.strictEqual(texts(yield* Fiber.join(long))[1], `${"x".repeat(4_096)}...`)
      const [one, other] = [yield* listening(3), yield* listening(3)]
      publish(line("first"))
      publish(line("second"))
      assert.deepEqual(texts(yield* Fiber.join(one)), ["hello", "first", "second"])
      const told = yield* Fiber.join(other)
      assert.deepEqual(told[0]?.event, { type: "hello", missed: false, underWay: [] })
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )

  it.effect("go on where a listener left off, each once", () =>
    Effect.gen(function* () {
      const { publish } = yield* Events
      const before = yield* listening(3)
      for (const text of ["1", "2", "3", "4"]) publish(line(text))
      const last = (yield* Fiber.join(before)).at(-1)!
      assert.strictEqual("text" in last.event && last.event.text, "2")
      const after = yield* listening(4, last.id)
      publish(line("5"))
      const told = yield* Fiber.join(after)
      assert.deepEqual(texts(told), ["hello", "3", "4", "5"])
      assert.deepInclude(told[0]?.event, { missed: false })
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )

  it.effect("that are forgotten, or another process's, are missed: the listener is told", () =>
    Effect.gen(function* () {
      const { publish } = yield* Events
      const first = yield* listening(2)
      publish(line("0"))
      const { id } = (yield* Fiber.join(first)).at(-1)!
      const hello = (lastId: string) => Effect.flatMap(listening(1, lastId), Fiber.join)
      assert.deepInclude((yield* hello(id))[0]?.event, { missed: false })
      for (let count = 0; count < 1_000; count++) publish(line("more"))
      assert.deepInclude((yield* hello(id))[0]?.event, { missed: false })
      publish(line("one too many"))
      for (const lastId of [id, "other-1", "", `${id.slice(0, -1)}99999`]) {
        assert.deepInclude((yield* hello(lastId))[0]?.event, { missed: true }, lastId)
      }
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )

  it.effect("never wait for a slow listener, who is told that it missed some", () =>
    Effect.gen(function* () {
      const { publish, since } = yield* Events
      const hears = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const slow = yield* since(null).pipe(
        Stream.tap(({ event }) =>
          event.type === "hello" && !event.missed
            ? Effect.andThen(Deferred.succeed(hears, undefined), Deferred.await(goOn))
            : Effect.void,
        ),
        Stream.takeUntil(({ event }) => "text" in event && event.text === "last"),
        Stream.runCollect,
        Effect.forkChild,
      )
      yield* Deferred.await(hears)
      // The stream subscribed before its hello; nothing is read while that is being handled.
      for (let count = 0; count < 5_000; count++) publish(line("more"))
      publish(line("last"))
      yield* Deferred.succeed(goOn, undefined)
      const told = yield* Fiber.join(slow)
      assert.deepInclude(told[1]?.event, { type: "hello", missed: true })
      assert.isAtMost(told.length, 1_002)
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )

  it.effect("say what runs, and what became durable", () =>
    Effect.gen(function* () {
      const { publish, underWay } = yield* Events
      const runId = "r"
      publish({ type: "started", runId, connector: "c" })
      publish({ type: "progress", runId, connector: "c", rows: { rows: 3 } })
      const startedAt = "1970-01-01T00:00:00.000Z"
      const running: RunUnderWay = { runId, connector: "c", startedAt, outcome: "running", rows: { rows: 3 } }
      assert.deepEqual([...underWay.values()], [running])
      const fiber = yield* listening(3)
      publish({ type: "finished", runId, connector: "c", run: run("1") })
      assert.strictEqual(underWay.size, 0)
      const told = yield* Fiber.join(fiber)
      assert.deepEqual(told[0]?.event, { type: "hello", missed: false, underWay: [running] })
      assert.deepEqual(told[2]?.event, { type: "checkpoint", checkpoint_id: "1", connector: "c", runId })
      const nothing = yield* listening(3)
      publish({ type: "finished", runId, connector: "c", run: run(null) })
      publish(line("next"))
      assert.deepEqual(texts(yield* Fiber.join(nothing)), ["hello", "finished", "next"])
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )

  it.effect("of a run elsewhere that was over before take nothing from the one that is under way", () =>
    Effect.gen(function* () {
      const { publish, underWay } = yield* Events
      const [earlier, now] = ["20261123T165759123-c-00000000", "20261123T165759124-c-00000000"]
      publish({ type: "started", runId: now, connector: "c" })
      publish({ type: "started", runId: earlier, connector: "c" }, true)
      publish({ type: "progress", runId: earlier, connector: "c", rows: { rows: 9 } }, true)
      publish({ type: "finished", runId: earlier, connector: "c", run: run(null) }, true)
      assert.deepEqual(underWay.get("c")?.runId, now)
      assert.deepEqual(underWay.get("c")?.rows, {})
      publish({ type: "finished", runId: now, connector: "c", run: run(null) })
      assert.strictEqual(underWay.size, 0)
    }).pipe(Effect.provide(PubSubEvents.layer)),
  )
})
