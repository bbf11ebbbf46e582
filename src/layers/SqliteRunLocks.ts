import { Clock, Effect, Layer, Schedule } from "effect"
import { readdirSync } from "node:fs"
import { isName } from "../services/domain/Name.ts"
import { StoreFailed } from "../services/domain/StoreError.ts"
import { SyncRunning } from "../services/domain/SyncRunning.ts"
import { type Layout, Project } from "../services/Project.ts"
import { type HeldRun, RunLocks } from "../services/RunLocks.ts"
import { runLock } from "./runs/files.ts"
import { end, isAlive, startOf } from "./runs/processes.ts"
import { type Holder, readHolder, removeHolder, writeHolder } from "./runs/sidecar.ts"
import { tryLock } from "./store/SqliteLocks.ts"

/** Whoever looks who holds a lock holds it himself for a moment: a few looks tell a run from that. */
const aMoment = Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4)])

/** Milliseconds between two words on how far a run is: each is a file that is written. */
const telling = 1_000

/** A lock of the kernel's per connector, which ends with its holder; who that is stands in a file beside it. */
export const layer = Layer.effect(
  RunLocks,
  Effect.gen(function* () {
    const { ensure, layout } = yield* Project

    return {
      take: Effect.fn("RunLocks.take")(function* (connector, runId = null, trigger = null) {
        yield* ensure(layout.locks).pipe(
          Effect.mapError(({ path, code }) => new StoreFailed({ operation: "create", path, code })),
        )
        const lock = runLock(layout, connector)
        yield* tryLock(lock).pipe(
          Effect.retry({ schedule: aMoment, while: ({ _tag }) => _tag === "LockBusy" && !isHeld(lock) }),
          Effect.catchTag("LockBusy", () => {
            const holder = readHolder(lock)
            const { pid, startedAt, runId } = holder ?? { pid: null, startedAt: null, runId: null }
            return Effect.fail(new SyncRunning({ connector, pid, startedAt, runId }))
          }),
          Effect.catchTag("LockFailed", ({ detail }) =>
            Effect.fail(new StoreFailed({ operation: "lock", path: lock, code: detail })),
          ),
        )
        yield* endLeftBehind(lock)
        const startedAt = new Date(yield* Clock.currentTimeMillis).toISOString()
        let holder: Holder = { pid: process.pid, startedAt, runId, trigger, guest: null, guestStart: null }
        const say = (more: Partial<Holder>): void => {
          holder = { ...holder, ...more }
          try {
            writeHolder(lock, holder)
          } catch {
            // A full disk: it is held all the same, and a guest also ends by itself when its host is gone.
          }
        }
        // Who holds it is for others to read.
        yield* Effect.acquireRelease(
          Effect.sync(() => say({})),
          () => Effect.sync(() => removeHolder(lock)),
        )
        let told = Number.NEGATIVE_INFINITY
        return {
          nameGuest: (pid) => say({ guest: pid, guestStart: startOf(pid) }),
          tell: (rows) => {
            const now = performance.now()
            if (now - told < telling) return
            told = now
            say({ rows })
          },
        } satisfies HeldRun
      }),

      holder: Effect.fn("RunLocks.holder")((connector) => holderOf(layout, connector)),
      holders: Effect.suspend(() =>
        Effect.forEach(connectorsIn(layout.locks), (connector) =>
          Effect.map(holderOf(layout, connector), (holder) => (holder === null ? [] : [{ ...holder, connector }])),
        ),
      ).pipe(Effect.map((all) => all.flat())),
    }
  }),
)

const holderOf = Effect.fnUntraced(function* (layout: Layout, connector: string) {
  if (!isName(connector)) return null
  const lock = runLock(layout, connector)
  const holder = readHolder(lock)
  if (holder === null || !isAlive(holder.pid)) return null
  const { pid, startedAt, runId, trigger = null, rows = {} } = holder
  // The number may have been given out again: only the lock knows.
  return yield* tryLock(lock).pipe(
    Effect.as(null),
    Effect.catch(() => Effect.succeed({ pid, startedAt, runId, trigger, rows })),
    Effect.scoped,
  )
})

/** Whose lock somebody says to hold. */
const connectorsIn = (locks: string): ReadonlyArray<string> => {
  try {
    return readdirSync(locks).flatMap((name) => /^run-(.+)\.lock\.json$/.exec(name)?.[1] ?? [])
  } catch {
    // Nothing has run here yet.
    return []
  }
}

const isHeld = (lock: string): boolean => {
  const holder = readHolder(lock)
  return holder !== null && isAlive(holder.pid)
}

/** The lock is ours, so what its file still says is of a holder that died: its guest may write to what is ours now. */
const endLeftBehind = Effect.fnUntraced(function* (lock: string) {
  const dead = readHolder(lock)
  if (dead === null || dead.guest === null || dead.guestStart === null) return
  if (yield* end(dead.guest, dead.guestStart)) return
  const operation = `end process ${dead.guest}, which a run that died left behind, to use`
  return yield* new StoreFailed({ operation, path: lock, code: "it does not end" })
})
