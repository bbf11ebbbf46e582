import { Effect } from "effect"
import type { RunLocks } from "../../services/RunLocks.ts"

/** What came of an attempt, or whose cursors it turned out to move. */
export type Attempt<A> =
  { readonly done: true; readonly value: A } | { readonly done: false; readonly needs: ReadonlySet<string> }

/**
 * A rollback must not move a cursor that is in use, and run locks come before the commit lock: so what it needs is looked
 * up once without them, and again with them.
 */
export const withCursorLocks = Effect.fnUntraced(function* <A, E, R>(
  locks: RunLocks["Service"],
  attempt: (held: ReadonlySet<string>) => Effect.Effect<Attempt<A>, E, R>,
) {
  let held: ReadonlySet<string> = new Set()
  for (;;) {
    const outcome = yield* Effect.gen(function* () {
      for (const connector of [...held].toSorted()) yield* locks.take(connector)
      return yield* attempt(held)
    }).pipe(Effect.scoped)
    if (outcome.done) return outcome.value
    held = new Set([...held, ...outcome.needs])
  }
})
