import { Cause, Effect } from "effect"
import { Events } from "../../services/Events.ts"
import { Scheduler } from "../../services/Scheduler.ts"

/** Runs what is due for as long as the server is there. A bug of ours must not end that in silence. */
export const scheduling = Effect.gen(function* () {
  const { publish } = yield* Events
  const { run } = yield* Scheduler
  return yield* run(publish).pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.logError("the scheduler failed, and starts anew: this is a bug in openislands", Cause.pretty(cause)),
    ),
    Effect.andThen(Effect.sleep("30 seconds")),
    Effect.forever,
  )
})
