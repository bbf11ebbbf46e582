import { Clock, Effect } from "effect"
import type { ConnectorSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import type { Due } from "../../services/domain/Due.ts"
import { errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { Run } from "../../services/domain/Run.ts"
import { isUnfinished } from "../../services/domain/RunUnfinished.ts"
import { History } from "../../services/History.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { type Latest, RunLog } from "../../services/RunLog.ts"
import { dueOf, type Failures, type Past } from "./due.ts"

type Activity = Pick<ConnectorStatus, "lastSync" | "lastSuccess" | "lastError" | "running"> & {
  readonly due: Due
  /** Null when it cannot be read. */
  readonly past: Past | null
}

/** What a connector has done, does, and will do. Records that cannot be read are its error, and nobody else's. */
export const activityOf = Effect.fnUntraced(function* (connector: string, schedule: ConnectorSchedule | null) {
  const holder = yield* RunLocks.use((locks) => locks.holder(connector))
  const running = holder === null ? null : { pid: holder.pid, startedAt: holder.startedAt, runId: holder.runId }
  return yield* RunLog.use((log) => log.latest(connector)).pipe(
    Effect.flatMap(
      Effect.fnUntraced(function* (latest: Latest) {
        return {
          lastSync: latest.run?.startedAt ?? null,
          lastSuccess: latest.success?.startedAt ?? null,
          // While it runs, that it has not ended is no error.
          lastError:
            running !== null && latest.run !== null && isUnfinished(latest.run) ? null : (latest.run?.error ?? null),
          running,
          ...(yield* dueNext(connector, schedule, latest)),
        } satisfies Activity
      }),
    ),
    Effect.catch((failure) =>
      Effect.succeed<Activity>({
        lastSync: null,
        lastSuccess: null,
        lastError: errorDocument(failure) as never,
        running,
        due: { at: null, reason: "not by itself: what it did before cannot be read" },
        past: null,
      }),
    ),
  )
})

const dueNext = Effect.fnUntraced(function* (connector: string, schedule: ConnectorSchedule | null, latest: Latest) {
  const success = startOf(latest.success)
  const past = {
    success,
    undone: schedule === null ? null : yield* History.use((history) => history.undoneSince(connector, success ?? 0)),
    cancelled: startOf(latest.cancelled),
    failures: failuresOf(latest),
  }
  return { past, due: dueOf(schedule, past, yield* Clock.currentTimeMillis) }
})

const startOf = (run: Run | null): number | null => (run === null ? null : Date.parse(run.startedAt))

const failuresOf = ({ failed: count, failure }: Latest): Failures | null => {
  if (failure === null) return null
  const startedAt = Date.parse(failure.startedAt)
  return { count, startedAt, endedAt: startedAt + failure.durationMs, runId: failure.runId }
}
