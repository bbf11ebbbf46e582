import { Effect } from "effect"
import * as path from "node:path"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { recover } from "./recovery.ts"
import { recoveryText } from "./recoveryText.ts"
import { waitLock } from "./SqliteLocks.ts"

/** Runs with the project's commit lock held, after whatever a dead process left under way has been brought to an end. */
export const underCommitLock = <A, E, R>(home: string, use: Effect.Effect<A, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* lockCommits(home)
      yield* recover(home, (recovered) => Effect.logWarning(recoveryText(recovered)))
      return yield* use
    }),
  )

/** Held as long as the scope. */
const lockCommits = (home: string) =>
  waitLock(path.join(home, "locks", "commit.lock")).pipe(
    Effect.catchTag("LockFailed", ({ file, detail }) =>
      Effect.fail(new StoreFailed({ operation: "lock", path: file, code: detail })),
    ),
    // Waiting ends only with the lock.
    Effect.catchTag("LockBusy", ({ lock }) => Effect.die(new Error(`waited for ${lock} in vain`))),
  )
