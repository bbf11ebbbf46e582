import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { SyncJob } from "../../src/services/ConnectorHost.ts"
import { type SyncEvent, SyncService } from "../../src/services/SyncService.ts"
import { nothingDone } from "../fakes/connectors.ts"
import { assertAtRest, sync, world } from "../fakes/syncWorld.ts"

const sleeping = () => Effect.sleep("1 minute").pipe(Effect.as(nothingDone))
const slow = () => ({ made: world({ connectors: { one: { run: sleeping } } }) })

const inParts = <E>({ onCheckpoint }: SyncJob<E>) =>
  onCheckpoint(nothingDone).pipe(Effect.andThen(Effect.sleep("1 minute")), Effect.as(nothingDone))

const idOf = (events: ReadonlyArray<SyncEvent>): string => events[0]!.runId

const cancel = (runId: string) => SyncService.use((service) => service.cancel(runId))

describe("cancelling", () => {
  it.effect("ends the run with its record, and whoever waits for it is told", () => {
    const { made } = slow()
    return Effect.gen(function* () {
      const events: Array<SyncEvent> = []
      const owner = yield* Effect.forkChild(sync("one", (event) => events.push(event)))
      yield* TestClock.adjust("1 second")
      const joiner = yield* Effect.forkChild(sync("one"))
      const cancelling = yield* Effect.forkChild(cancel(idOf(events)))
      yield* TestClock.adjust("1 second")
      const run = yield* Fiber.join(cancelling)
      assert.deepInclude(run, { runId: idOf(events), outcome: "failure", checkpoint_id: null })
      assert.deepInclude(run.error, { _tag: "SyncCancelled", connector: "one" })
      assert.strictEqual(yield* Fiber.join(owner), run)
      assert.strictEqual(yield* Fiber.join(joiner), run)
      assert.deepEqual(made.log.runs, [run])
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("a run that is over, or never was, is an error", () => {
    const made = world()
    return Effect.gen(function* () {
      const { runId } = yield* sync("one")
      const finished = yield* cancel(runId).pipe(Effect.flip)
      assert.deepInclude(finished, { _tag: "RunFinished", runId, outcome: "success" })
      assert.strictEqual((yield* cancel("../../x").pipe(Effect.flip))._tag, "UnknownRun")
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("when the commit was faster: its rows stay, and who cancels is told so", () => {
    const committing = Deferred.makeUnsafe<void>()
    const made = world({
      store: { answer: { checkpoint_id: "1-a" }, committed: Effect.uninterruptible(Deferred.await(committing)) },
    })
    return Effect.gen(function* () {
      const events: Array<SyncEvent> = []
      const owner = yield* Effect.forkChild(sync("one", (event) => events.push(event)))
      yield* TestClock.adjust("1 second")
      const cancelling = yield* Effect.forkChild(cancel(idOf(events)).pipe(Effect.flip))
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(committing, undefined)
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(owner), { outcome: "success", checkpoint_id: "1-a", error: null })
      assert.deepInclude(yield* Fiber.join(cancelling), { _tag: "RunFinished", outcome: "success" })
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("what it had committed before stays, and is told", () => {
    const made = world({
      connectors: { one: { run: inParts } },
      store: { checkpoints: [Effect.succeed({ checkpoint_id: "1-a" })] },
    })
    return Effect.gen(function* () {
      const events: Array<SyncEvent> = []
      const owner = yield* Effect.forkChild(sync("one", (event) => events.push(event)))
      yield* TestClock.adjust("1 second")
      const cancelling = yield* Effect.forkChild(cancel(idOf(events)))
      yield* TestClock.adjust("1 second")
      const cancelled = yield* Fiber.join(cancelling)
      assert.deepInclude(cancelled, { outcome: "partial", checkpoint_id: "1-a" })
      assert.deepInclude(cancelled.error, { _tag: "SyncCancelled" })
      assert.strictEqual(yield* Fiber.join(owner), cancelled)
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })
})
