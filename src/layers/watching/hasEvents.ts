import { Deferred, Effect } from "effect"
import { rmSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Whether the system tells of files that change here: some network drives and containers take the question, and never do. */
export const hasEvents = (directory: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const heard = yield* Deferred.make<boolean>()
    const probe = join(directory, "watch.tmp")
    yield* Effect.acquireRelease(
      Effect.try({
        try: () => {
          const watcher = watch(directory, { persistent: false })
          watcher.on("change", () => Deferred.doneUnsafe(heard, Effect.succeed(true)))
          watcher.on("error", () => Deferred.doneUnsafe(heard, Effect.succeed(false)))
          return watcher
        },
        catch: () => "no watching" as const,
      }),
      (watcher) => Effect.sync(() => watcher.close()),
    )
    yield* Effect.acquireRelease(
      Effect.try({ try: () => writeFileSync(probe, "", { mode: 0o600 }), catch: () => "no writing" as const }),
      () => Effect.sync(() => rmSync(probe, { force: true })),
    )
    return yield* Deferred.await(heard)
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({ duration: "3 seconds", orElse: () => Effect.succeed(false) }),
    // Then it is looked for instead.
    Effect.orElseSucceed(() => false),
  )
