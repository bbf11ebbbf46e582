import { Clock, Duration, Effect, Schedule } from "effect"
import { ProviderUnusable } from "../../services/domain/AuthError.ts"
import { ConnectorFailed, RetryLater } from "../../services/domain/GuestError.ts"
import { waitText } from "../host/waitText.ts"

/** Of one sync, in all. */
const tries = 4
/** A provider that wants to be left alone for longer ends the run: nobody sleeps for hours. */
const longestWait = Duration.minutes(15)

/** Which failures another try may mend, and after how long: ever longer, by chance, and never before Retry-After. */
export const retrySchedule = Schedule.exponential("2 seconds", 3).pipe(
  Schedule.jittered,
  Schedule.setInputType<unknown>(),
  Schedule.modifyDelay(({ input, duration }) => Effect.succeed(Duration.max(duration, askedBy(input)))),
  Schedule.while(
    ({ input, attempt }) =>
      (isRetryable(input) || isOutage(input)) &&
      attempt < tries &&
      Duration.isLessThanOrEqualTo(askedBy(input), longestWait),
  ),
)

/** Tries again, says so each time, and tells when to come back where that is too long to wait for. */
export const retrying = <A, E, R>(sync: Effect.Effect<A, E, R>, say: (line: string) => void) =>
  sync.pipe(
    Effect.retry(
      retrySchedule.pipe(
        Schedule.tap(({ input, attempt, duration }) =>
          Effect.sync(() =>
            say(
              `try ${attempt + 1} of ${tries} in ${waitText(Duration.toMillis(duration))}: ${(input as Error).message}`,
            ),
          ),
        ),
      ),
    ),
    Effect.catch((error) => Effect.flatMap(orLater(error), Effect.fail)),
  )

/** The failure, or when to come back where a run doesn't wait so long. */
export const orLater = Effect.fnUntraced(function* <E>(error: E) {
  if (!isRetryable(error) || Duration.isLessThanOrEqualTo(askedBy(error), longestWait)) return error
  const { connector, detail, log, file, line, column, retryAfter } = error
  const retryAt = new Date((yield* Clock.currentTimeMillis) + retryAfter!).toISOString()
  return new RetryLater({ connector, detail, log, file, line, column, retryAt })
})

const isRetryable = (error: unknown): error is ConnectorFailed => error instanceof ConnectorFailed && error.retryable

/** Of where tokens are refreshed, rather than of the API. */
const isOutage = (error: unknown): boolean => error instanceof ProviderUnusable && error.transient

const askedBy = (error: unknown): Duration.Duration => Duration.millis(isRetryable(error) ? (error.retryAfter ?? 0) : 0)
