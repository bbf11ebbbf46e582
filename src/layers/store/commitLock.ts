import { Effect, Option } from "effect"
import * as path from "node:path"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { Disk } from "./Disk.ts"
import { isId } from "./plan.ts"
import { recover } from "./recovery.ts"
import { recoveryText } from "./recoveryText.ts"
import { waitInTurn } from "./SqliteLocks.ts"

/** Runs with the project's commit lock held, after whatever a dead process left under way has been brought to an end. */
export const underCommitLock = <A, E, R>(home: string, use: Effect.Effect<A, E, R>) =>
  held(home, lockCommits(home, "exclusive"), use)

/**
 * The same for the commit of a run, which is done once it has begun, and told to whoever asked for it. Only as long as it
 * waits for others can it be stopped, also where all around it cannot be.
 */
export const onceUnderCommitLock = <A, E, R>(home: string, use: Effect.Effect<A, E, R>) =>
  Effect.uninterruptible(held(home, Effect.interruptible(lockCommits(home, "exclusive")), use))

const held = <A, E, R, E2, R2>(home: string, lock: Effect.Effect<void, E2, R2>, use: Effect.Effect<A, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* lock
      yield* recover(home, (recovered) => Effect.logWarning(recoveryText(recovered)))
      return yield* use
    }),
  )

/** The same for what only reads: beside others that do, while nobody commits. */
export const underSharedLock = <A, E, R>(home: string, use: Effect.Effect<A, E, R>) => {
  const attempt = Effect.scoped(
    Effect.gen(function* () {
      yield* lockCommits(home, "shared")
      const disk = yield* Disk
      // Nobody is committing, so whoever left something there is dead.
      const isLeft = (yield* disk.list(path.join(home, "journal"))).some(isId)
      return isLeft ? Option.none<A>() : Option.some(yield* use)
    }),
  )
  return Effect.gen(function* () {
    for (;;) {
      const done = yield* attempt
      if (Option.isSome(done)) return done.value
      yield* underCommitLock(home, Effect.void)
    }
  })
}

/** Held as long as the scope. */
const lockCommits = (home: string, mode: "exclusive" | "shared") =>
  waitInTurn(path.join(home, "locks", "commit.lock"), mode).pipe(
    Effect.catchTag("LockFailed", ({ file, detail }) =>
      Effect.fail(new StoreFailed({ operation: "lock", path: file, code: detail })),
    ),
    // Waiting ends only with the lock.
    Effect.catchTag("LockBusy", ({ lock }) => Effect.die(new Error(`waited for ${lock} in vain`))),
  )
