import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync, readdirSync } from "node:fs"
import * as MemoryDatasetStore from "../../src/layers/MemoryDatasetStore.ts"
import * as TransactionalSync from "../../src/layers/TransactionalSync.ts"
import { StoreFailed } from "../../src/services/domain/StoreError.ts"
import { RunLocks } from "../../src/services/RunLocks.ts"
import { RunLog } from "../../src/services/RunLog.ts"
import { SyncService } from "../../src/services/SyncService.ts"
import { insert, lookAt, rollback, rowsOf, tagOf } from "../conformance/datasetStore/scenario.ts"
import { type Connectors, fakeConnectors, fakeTokens } from "../fakes/connectors.ts"
import { memoryRunLocks } from "../fakes/memoryRunLocks.ts"
import { memoryRunLog } from "../fakes/memoryRunLog.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { datasetAt, encode, open } from "../fixtures/store.ts"

const a = datasetAt("/nowhere", "data/a.parquet", { format: "parquet" })

const world = (log = memoryRunLog()) => {
  const locks = memoryRunLocks()
  const layer = MemoryDatasetStore.layer.pipe(Layer.provideMerge([locks.layer, log.layer]))
  return { log, locks, layer }
}

it.live("a run that commits is recorded in the log, also when it changes nothing", () => {
  const { log, layer } = world()
  return Effect.gen(function* () {
    const { checkpoint_id } = yield* insert(a, [{ id: 1 }])
    yield* insert(a, [])
    assert.deepStrictEqual(
      log.runs.map((run) => [run.connector, run.checkpoint_id]),
      [
        ["c", checkpoint_id],
        ["c", null],
      ],
    )
    yield* Effect.scoped(open({ datasets: { a }, writes: { a: { insert: [{ id: 2 }] } } }))
    assert.strictEqual(log.runs.length, 2)
  }).pipe(Effect.provide(layer))
})

it.live("a run that cannot be recorded is not committed", () => {
  let full = false
  const log = memoryRunLog()
  const failing = Layer.effect(
    RunLog,
    RunLog.useSync((service) => ({
      ...service,
      append: (run: Parameters<typeof service.append>[0]) =>
        full
          ? Effect.fail(new StoreFailed({ operation: "append to", path: "runs/c.jsonl", code: "ENOSPC" }))
          : service.append(run),
    })),
  ).pipe(Layer.provide(log.layer))
  return Effect.gen(function* () {
    yield* insert(a, [{ id: 1 }], { state: { n: 1 } })
    const before = yield* lookAt(a)
    full = true
    assert.strictEqual(yield* tagOf(insert(a, [{ id: 2 }], { state: { n: 2 } })), "StoreFailed")
    assert.deepStrictEqual(yield* lookAt(a), before)
  }).pipe(Effect.provide(world({ ...log, layer: failing }).layer))
})

it.live("a cursor is not turned under a connector that runs; nothing else keeps a rollback waiting", () => {
  const { layer, locks } = world()
  return Effect.gen(function* () {
    const first = yield* insert(a, [{ id: 1 }], { connector: "one", state: { n: 1 } })
    yield* insert(a, [{ id: 2 }], { connector: "two" })
    yield* Effect.gen(function* () {
      yield* RunLocks.use((held) => held.take("one"))
      yield* RunLocks.use((held) => held.take("two"))
      const before = yield* lookAt(a)
      const error = yield* rollback(first.checkpoint_id).pipe(Effect.flip)
      assert.deepInclude(error, { _tag: "SyncRunning", connector: "one" })
      assert.deepStrictEqual(yield* lookAt(a), before)
      yield* rollback()
    }).pipe(Effect.scoped)
    assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
    yield* rollback(first.checkpoint_id)
    assert.deepStrictEqual(yield* rowsOf(a), [])
    assert.strictEqual(locks.held.size, 0)
  }).pipe(Effect.provide(layer))
})

it.live("a run is not undone while it goes on, whatever it has moved; afterwards it is", () => {
  const { layer } = world()
  return Effect.gen(function* () {
    yield* Effect.gen(function* () {
      yield* RunLocks.use((held) => held.take("c", "the-run"))
      const earlier = [{ writes: { a: { insert: [{ id: 1 }] } } }]
      const { commit } = yield* open({
        datasets: { a },
        writes: { a: { insert: [{ id: 2 }] } },
        earlier,
        runId: "the-run",
      })
      assert.deepInclude(yield* Effect.flip(rollback()), { _tag: "SyncRunning", connector: "c", runId: "the-run" })
      assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
      yield* commit
    }).pipe(Effect.scoped)
    yield* rollback()
    assert.deepStrictEqual(yield* rowsOf(a), [])
  }).pipe(Effect.provide(layer))
})

/** Where the system puts temporary files, for as long as the scope. */
const ownTemporary = Effect.gen(function* () {
  const directory = yield* temporaryProject({})
  const usual = process.env["TMPDIR"]
  yield* Effect.acquireRelease(
    Effect.sync(() => (process.env["TMPDIR"] = directory)),
    () => Effect.sync(() => (usual === undefined ? delete process.env["TMPDIR"] : (process.env["TMPDIR"] = usual))),
  )
  return directory
})

it.live("what was staged goes with the scope, and the project is never touched", () => {
  const { layer } = world()
  return Effect.gen(function* () {
    const directory = yield* ownTemporary
    yield* Effect.gen(function* () {
      const { commit } = yield* open({ datasets: { a }, writes: { a: { insert: [{ id: 1 }] } } })
      assert.strictEqual(readdirSync(directory).length, 1)
      yield* commit
    }).pipe(Effect.scoped)
    assert.deepStrictEqual(readdirSync(directory), [])
    assert.deepStrictEqual(yield* rowsOf(a), [{ id: 1 }])
    assert.isFalse(existsSync(a.file))
  }).pipe(Effect.provide(layer))
})

it.live("what is in one layer is not in another", () =>
  Effect.gen(function* () {
    yield* insert(a, [{ id: 1 }]).pipe(Effect.provide(world().layer))
    assert.deepStrictEqual(yield* rowsOf(a).pipe(Effect.provide(world().layer)), [])
  }),
)

it.live("a whole sync runs on it", () => {
  const one: Connectors[string] = {
    run: ({ state, outputs }) =>
      Effect.sync(() => {
        const page = (state as { readonly page?: number }).page ?? 0
        const written = outputs.map((plan) => encode(plan, { insert: [{ page }] }))
        return { outputs: written, state: JSON.stringify({ page: page + 1 }), requests: 0 }
      }),
  }
  const { layer, log } = world()
  const syncing = TransactionalSync.layer.pipe(
    Layer.provide([fakeConnectors({ one }, a), fakeTokens()]),
    Layer.provideMerge(layer),
  )
  return Effect.gen(function* () {
    const sync = SyncService.use((service) => service.sync("one", { trigger: "cli" }))
    const first = yield* sync
    assert.deepInclude(first, { outcome: "success", dropped: { other: 1 } })
    yield* sync
    assert.deepStrictEqual(yield* rowsOf(a), [{ page: 0 }, { page: 1 }])
    assert.deepStrictEqual(log.runs[0], first)
    yield* rollback(first.checkpoint_id)
    yield* sync
    assert.deepStrictEqual(yield* rowsOf(a), [{ page: 0 }])
  }).pipe(Effect.provide(syncing))
})
