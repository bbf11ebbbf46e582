import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { describe } from "vitest"
import * as NodeProject from "../../src/layers/NodeProject.ts"
import { isAlive, startOf } from "../../src/layers/runs/processes.ts"
import * as SqliteRunLocks from "../../src/layers/SqliteRunLocks.ts"
import { RunLocks } from "../../src/services/RunLocks.ts"
import { asAnotherUser } from "../fixtures/asAnotherUser.ts"
import { temporaryProject } from "../fixtures/project.ts"

const locksIn = (root: string) => SqliteRunLocks.layer.pipe(Layer.provide(NodeProject.layerAt(root)))
const take = (connector: string, runId?: string) => RunLocks.use((locks) => locks.take(connector, runId))
const holder = (connector: string) => RunLocks.use((locks) => locks.holder(connector))

const inProject = <A, E>(test: (root: string) => Effect.Effect<A, E, RunLocks | Scope.Scope>) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    return yield* test(root).pipe(Effect.provide(locksIn(root)))
  })

/** A process of its own that holds the lock, and its guest. */
const holderProcess = (root: string, connector: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const script = fileURLToPath(new URL("../fixtures/runLockHolder.ts", import.meta.url))
      const child = spawn(process.execPath, [script, root, connector], { stdio: ["ignore", "pipe", "inherit"] })
      const [said] = (await once(child.stdout, "data")) as [Buffer]
      return { child, guest: Number(said.toString()) }
    }),
    ({ child, guest }) =>
      Effect.sync(() => {
        child.kill("SIGKILL")
        if (isAlive(guest)) process.kill(guest, "SIGKILL")
      }),
  )

const killed = (child: ChildProcess) =>
  Effect.promise(async () => {
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  })

it.live("a disk that takes no more is no reason for a run not to end: who held the lock is not told for long", () =>
  inProject((root) => {
    const locks = path.join(root, ".openislands/locks")
    return asAnotherUser(
      root,
      Effect.gen(function* () {
        const held = Effect.gen(function* () {
          yield* take("whoop", "the-run")
          chmodSync(locks, 0o500)
        })
        yield* Effect.scoped(held)
        assert.isNull(yield* holder("whoop"))
        chmodSync(locks, 0o700)
        yield* Effect.scoped(take("whoop"))
      }),
    )
  }),
)

it.live("all holders are known by their connector, with what they run and who asked for it", () =>
  inProject(() =>
    Effect.gen(function* () {
      const holders = RunLocks.use((locks) => locks.holders)
      assert.deepEqual(yield* holders, [])
      yield* Effect.gen(function* () {
        yield* RunLocks.use((locks) => locks.take("whoop", "the-run", "schedule"))
        yield* take("strava")
        const all = (yield* holders).toSorted((a, b) => (a.connector < b.connector ? -1 : 1))
        assert.deepEqual(
          all.map(({ connector, runId, trigger }) => [connector, runId, trigger]),
          [
            ["strava", null, null],
            ["whoop", "the-run", "schedule"],
          ],
        )
      }).pipe(Effect.scoped)
      assert.deepEqual(yield* holders, [])
    }),
  ),
)

it.live("one holder at a time, per connector, as long as the scope", () =>
  inProject(() =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* take("whoop", "the-run").pipe(Scope.provide(scope))
      const busy = yield* take("whoop").pipe(Effect.scoped, Effect.flip)
      assert.deepInclude(busy, { _tag: "SyncRunning", connector: "whoop", pid: process.pid, runId: "the-run" })
      assert.deepInclude(yield* holder("whoop"), { pid: process.pid, runId: "the-run" })
      yield* take("strava").pipe(Effect.scoped)
      yield* Scope.close(scope, Exit.void)
      assert.isNull(yield* holder("whoop"))
      yield* take("whoop").pipe(Effect.scoped)
    }),
  ),
)

it.live("nobody holds what was never taken, nor what is no name", () =>
  inProject(() =>
    Effect.gen(function* () {
      assert.isNull(yield* holder("whoop"))
      assert.isNull(yield* holder("../../x"))
    }),
  ),
)

describe("another process", () => {
  it.live("is named by whoever finds the lock busy, and kill -9 frees it and ends its guest", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const { child, guest } = yield* holderProcess(root, "whoop")
        const busy = yield* take("whoop").pipe(Effect.scoped, Effect.flip)
        assert.deepInclude(busy, { _tag: "SyncRunning", connector: "whoop", pid: child.pid ?? 0 })
        assert.strictEqual((yield* holder("whoop"))?.pid, child.pid)
        yield* killed(child)
        assert.isNull(yield* holder("whoop"))
        assert.isTrue(isAlive(guest), "the guest outlives its holder")
        yield* take("whoop").pipe(
          Effect.tap(() => Effect.sync(() => assert.isNull(startOf(guest), "the guest is gone once the lock is ours"))),
          Effect.scoped,
        )
      }),
    ),
  )

  it.live("that was given the number of a dead guest is left alone", () =>
    inProject((root) =>
      Effect.gen(function* () {
        const { child, guest } = yield* holderProcess(root, "whoop")
        yield* killed(child)
        const sidecar = path.join(root, ".openislands", "locks", "run-whoop.lock.json")
        const written = JSON.parse(readFileSync(sidecar, "utf8")) as object
        writeFileSync(sidecar, JSON.stringify({ ...written, guestStart: "1" }))
        yield* take("whoop").pipe(Effect.scoped)
        assert.isNotNull(startOf(guest))
      }),
    ),
  )
})

it.live("a damaged file beside the lock is no obstacle", () =>
  inProject((root) =>
    Effect.gen(function* () {
      yield* take("whoop").pipe(Effect.scoped)
      writeFileSync(path.join(root, ".openislands", "locks", "run-whoop.lock.json"), '{"pid": 1')
      assert.isNull(yield* holder("whoop"))
      yield* take("whoop").pipe(Effect.scoped)
    }),
  ),
)

it.live("looking who holds it never makes a run be skipped", () =>
  inProject((root) =>
    Effect.gen(function* () {
      yield* take("whoop").pipe(Effect.scoped)
      const stale = {
        pid: process.ppid,
        startedAt: "2026-01-01T00:00:00.000Z",
        runId: null,
        guest: null,
        guestStart: null,
      }
      for (let n = 0; n < 50; n++) {
        writeFileSync(path.join(root, ".openislands", "locks", "run-whoop.lock.json"), JSON.stringify(stale))
        yield* Effect.all([holder("whoop"), take("whoop").pipe(Effect.scoped), holder("whoop")], { concurrency: 3 })
      }
    }),
  ),
)
