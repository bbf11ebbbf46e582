import { Cause, Effect } from "effect"

/** For as long as the server is there: a bug of ours must not end it in silence, nor for good. */
export const lasting = <R>(what: string, effect: Effect.Effect<unknown, never, R>): Effect.Effect<never, never, R> =>
  effect.pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.logError(`${what} failed, and starts anew: this is a bug in openislands`, Cause.pretty(cause)),
    ),
    Effect.andThen(Effect.sleep("30 seconds")),
    Effect.forever,
  )
