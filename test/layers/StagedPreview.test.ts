import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as StagedPreview from "../../src/layers/StagedPreview.ts"
import { ConnectorFailed } from "../../src/services/domain/GuestError.ts"
import type { Review } from "../../src/services/DatasetStore.ts"
import { StoreFailed } from "../../src/services/domain/StoreError.ts"
import { PreviewService } from "../../src/services/PreviewService.ts"
import { MissingSecrets } from "../../src/services/TokenService.ts"
import { type Connectors, fakeConnectors, fakeTokens } from "../fakes/connectors.ts"
import { memoryRunLocks } from "../fakes/memoryRunLocks.ts"
import { memoryRunLog } from "../fakes/memoryRunLog.ts"
import { memoryStore } from "../fakes/memoryStore.ts"

const world = (
  connectors: Connectors,
  more: {
    elsewhere?: ReadonlyArray<string>
    tokens?: Parameters<typeof fakeTokens>[0]
    begin?: StoreFailed
    review?: Partial<Review>
  } = {},
) => {
  const log = memoryRunLog()
  const locks = memoryRunLocks(more.elsewhere)
  const store = memoryStore(log, {
    ...(more.begin === undefined ? {} : { begin: Effect.fail(more.begin) }),
    ...(more.review === undefined ? {} : { review: more.review }),
  })
  const layer = StagedPreview.layer.pipe(
    Layer.provide([fakeConnectors(connectors), fakeTokens(more.tokens), locks.layer, store.layer]),
  )
  const atRest = () => {
    assert.deepEqual(
      [locks.held.size, store.underWay.size, store.commits.length, store.checkpoints.length],
      [0, 0, 0, 0],
    )
    assert.deepEqual(log.runs, [])
  }
  return { log, locks, store, layer, atRest }
}

const preview = (connector: string) => PreviewService.use((service) => service.preview(connector))

const shaky = new ConnectorFailed({
  connector: "one",
  detail: "busy",
  retryable: true,
  retryAfter: 60_000,
  file: null,
  line: null,
  column: null,
})

it.effect("what another try may mend is told at once, since somebody waits, and tried no more", () => {
  const { layer, atRest, store } = world({ one: { run: () => Effect.fail(shaky) } })
  return Effect.gen(function* () {
    const told = yield* preview("one")
    assert.deepInclude(told, { outcome: "failure", durationMs: 0, log: [] })
    assert.deepInclude(told.error, { _tag: "ConnectorFailed", retryable: true })
    assert.strictEqual(store.begun.length, 1)
    atRest()
  }).pipe(Effect.provide(layer))
})

it.effect("a provider that wants to be left alone for hours is told of with its time", () => {
  const hours = new ConnectorFailed({ ...shaky, retryAfter: 7_200_000 })
  const { layer } = world({ one: { run: () => Effect.fail(hours) } })
  return Effect.gen(function* () {
    const { error } = yield* preview("one")
    assert.deepInclude(error, { _tag: "RetryLater", retryAt: "1970-01-01T02:00:00.000Z" })
  }).pipe(Effect.provide(layer))
})

it.effect("what keeps it from beginning is its error; what comes later is in the preview", () =>
  Effect.gen(function* () {
    const busy = world({ one: {} }, { elsewhere: ["one"] })
    assert.deepInclude(yield* preview("one").pipe(Effect.provide(busy.layer), Effect.flip), { _tag: "SyncRunning" })
    for (const [more, tag] of [
      [{ tokens: { failure: new MissingSecrets({ connector: "one", missing: ["KEY"] }) } }, "MissingSecrets"],
      [{ begin: new StoreFailed({ operation: "read", path: "x", code: "EIO" }) }, "StoreFailed"],
    ] as const) {
      const { layer, atRest } = world({ one: {} }, more)
      const told = yield* preview("one").pipe(Effect.provide(layer))
      assert.strictEqual(told.outcome, "failure")
      assert.deepInclude(told.error, { _tag: tag })
      atRest()
    }
  }),
)

it.effect("interrupted, it leaves nothing behind", () => {
  const { layer, atRest } = world({ one: { run: () => Effect.never } })
  return Effect.gen(function* () {
    const fiber = yield* preview("one").pipe(Effect.forkChild)
    yield* TestClock.adjust("1 second")
    yield* Fiber.interrupt(fiber)
    atRest()
  }).pipe(Effect.provide(layer))
})
