import { Duration, Effect, Schedule } from "effect"
import { tagOf } from "../../services/domain/ErrorDocument.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunFinished, StillRunning } from "../../services/domain/RunFinished.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { RunLog, UnknownRun } from "../../services/RunLog.ts"
import { connectorOf } from "./runId.ts"

/** A guest is given a second, and then a commit may be under way that nothing interrupts. */
const longest = Duration.seconds(30)
/** A run has its id before it has its lock, and ends before its record can be read by others. */
const aMoment = Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(6)])
const looking = Schedule.spaced("50 millis")

/** Asks whatever process runs it for the run's end, and waits for its record. */
export const cancel = Effect.fnUntraced(function* (runId: string) {
  const log = yield* RunLog
  const locks = yield* RunLocks
  const connector = connectorOf(runId)
  if (connector === null) return yield* new UnknownRun({ runId })

  /**
   * "running", its record, or "gone" when there is nothing of either. The lock has the first word: a run that has
   * committed a part of its rows has a record already, and the last one is there before it lets go of the lock.
   */
  const look = Effect.gen(function* () {
    const holder = yield* locks.holder(connector)
    if (holder?.runId === runId) return "running"
    return yield* log.get(runId).pipe(Effect.catchTag("UnknownRun", () => Effect.succeed("gone" as const)))
  })

  const first = yield* look.pipe(Effect.repeat({ schedule: aMoment, until: (now) => now !== "gone" }))
  // A log without a record is all that is left of a run that died with its process.
  if (first === "gone") yield* log.lines(runId)
  if (first !== "running") return yield* over(runId, first)

  yield* log.askCancel(runId)
  const last = yield* look.pipe(
    Effect.repeat({ schedule: looking, until: (now) => now !== "running" }),
    Effect.timeoutOrElse({
      duration: longest,
      orElse: () => Effect.fail(new StillRunning({ runId, seconds: Duration.toSeconds(longest) })),
    }),
    // Its process may have died before it looked.
    Effect.ensuring(log.withdrawCancel(runId)),
  )
  if (last === "running" || last === "gone" || !wasCancelled(last)) return yield* over(runId, last)
  return last
})

const over = (runId: string, last: Run | "running" | "gone") =>
  Effect.fail(new RunFinished({ runId, outcome: typeof last === "string" ? null : last.outcome }))

const wasCancelled = ({ error }: Run): boolean => tagOf(error) === "SyncCancelled"
