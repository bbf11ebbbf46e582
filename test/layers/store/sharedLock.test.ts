import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Schedule, Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { tryLock, waitInTurn } from "../../../src/layers/store/SqliteLocks.ts"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { Snapshots } from "../../../src/services/Snapshots.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetIn, storeAt, sync } from "../../fixtures/store.ts"

const holder = path.join(import.meta.dirname, "../../fixtures/lockHolder.ts")

/** Another process has it until this is done. */
const elsewhere = (file: string, mode: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [holder, file, mode], { stdio: ["pipe", "pipe", "inherit"] })
      await once(child.stdout, "data")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.stdin.end()
        await once(child, "exit")
      }),
  )

const isBusy = (file: string) =>
  tryLock(file).pipe(
    Effect.scoped,
    Effect.as(false),
    Effect.catchTag("LockBusy", () => Effect.succeed(true)),
  )

it.live("a lock is shared by readers of several processes; who writes waits for them, and is not overtaken", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    const file = path.join(root, "locks", "commit.lock")
    const others = yield* Scope.make()
    yield* elsewhere(file, "shared").pipe(Scope.provide(others))
    const own = yield* Scope.make()
    yield* waitInTurn(file, "shared").pipe(Scope.provide(own))
    yield* waitInTurn(file, "shared").pipe(Effect.scoped)
    // The one that came and went took nothing with it.
    assert.isTrue(yield* isBusy(file))

    const order: Array<string> = []
    const take = (name: string, mode: "exclusive" | "shared") =>
      waitInTurn(file, mode).pipe(
        Effect.andThen(Effect.sync(() => void order.push(name))),
        Effect.andThen(Effect.sleep("20 millis")),
        Effect.scoped,
        Effect.forkChild,
      )
    const writer = yield* take("writer", "exclusive")
    yield* isBusy(path.join(root, "locks", "commit-turn.lock")).pipe(
      Effect.repeat({ until: (busy) => busy, schedule: Schedule.spaced("5 millis") }),
    )
    const reader = yield* take("reader", "shared")
    yield* Effect.sleep("100 millis")
    assert.deepEqual(order, [])
    yield* Scope.close(own, Exit.void)
    yield* Effect.sleep("100 millis")
    assert.deepEqual(order, [], "another process still reads")
    yield* Scope.close(others, Exit.void)
    yield* Fiber.join(writer)
    yield* Fiber.join(reader)
    assert.deepEqual(order, ["writer", "reader"])

    yield* elsewhere(file, "exclusive")
    assert.isTrue(yield* isBusy(file))
    const busy = yield* Effect.flip(tryLock(file, "shared"))
    assert.strictEqual(busy._tag, "LockBusy")
  }),
)

it.live("a dead reader keeps nobody waiting", () =>
  Effect.gen(function* () {
    const file = path.join(yield* temporaryProject({}), "locks", "commit.lock")
    const child = yield* elsewhere(file, "shared")
    child.kill("SIGKILL")
    yield* waitInTurn(file, "exclusive")
  }),
)

it.live("while one reads as it likes, others read what they want", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const dataset = datasetIn(root, "csv", "a")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { o: dataset }, writes: { o: { insert: [{ id: 1 }] } } })
      const { contract } = yield* DatasetStore
      const snapshots = yield* Snapshots
      const done = yield* Deferred.make<void>()
      const long = yield* snapshots.now([dataset], () => Deferred.await(done)).pipe(Effect.forkChild)
      yield* Effect.yieldNow
      yield* snapshots.now([dataset], () => Effect.void)
      assert.lengthOf(yield* History.use((history) => history.list), 1)
      assert.lengthOf((yield* contract(dataset))?.columns ?? [], 1)
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(long)
    }).pipe(Effect.provide(storeAt(root)))
  }),
)
