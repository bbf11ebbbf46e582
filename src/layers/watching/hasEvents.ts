import { Effect } from "effect"
import { rmSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Whether the system tells of files that change here: some network drives and containers take the question, and never do. */
export const hasEvents = (directory: string): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const probe = join(directory, `watch.${process.pid}.tmp`)
    try {
      const watcher = watch(directory, { persistent: false }, () => resume(Effect.succeed(true)))
      watcher.on("error", () => resume(Effect.succeed(false)))
      writeFileSync(probe, "", { mode: 0o600 })
      return Effect.sync(() => {
        watcher.close()
        rmSync(probe, { force: true })
      })
    } catch {
      resume(Effect.succeed(false))
      return Effect.void
    }
  }).pipe(Effect.timeoutOrElse({ duration: "3 seconds", orElse: () => Effect.succeed(false) }))
