import { Clock, Effect } from "effect"
import type { ConnectorSchedule } from "../../services/domain/ConnectorSchedule.ts"
import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import { errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { RunLog } from "../../services/RunLog.ts"
import { dueAt } from "./due.ts"

type Activity = Pick<ConnectorStatus, "lastSync" | "lastSuccess" | "lastError" | "nextSync" | "running">

/** What a connector has done, does, and will do. Records that cannot be read are its error, and nobody else's. */
export const activityOf = Effect.fnUntraced(function* (connector: string, schedule: ConnectorSchedule | null) {
  const running = yield* RunLocks.use((locks) => locks.holder(connector))
  return yield* RunLog.use((log) => log.latest(connector)).pipe(
    Effect.flatMap(
      Effect.fnUntraced(function* ({ run, success }) {
        const last = success === null ? null : new Date(success.startedAt)
        const due = dueAt(schedule, last, new Date(yield* Clock.currentTimeMillis))
        return {
          lastSync: run?.startedAt ?? null,
          lastSuccess: success?.startedAt ?? null,
          // While it runs, that it has not ended is no error.
          lastError: running !== null && isUnfinished(run) ? null : (run?.error ?? null),
          nextSync: due?.toISOString() ?? null,
          running,
        } satisfies Activity
      }),
    ),
    Effect.catch((failure) =>
      Effect.succeed<Activity>({
        lastSync: null,
        lastSuccess: null,
        lastError: errorDocument(failure) as never,
        nextSync: null,
        running,
      }),
    ),
  )
})

const isUnfinished = (run: Run | null): boolean =>
  (run?.error as { readonly _tag?: unknown } | null | undefined)?._tag === "RunUnfinished"
