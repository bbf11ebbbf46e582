import { Effect } from "effect"
import { SyncRunning } from "../../services/domain/SyncRunning.ts"
import type { RunLocks } from "../../services/RunLocks.ts"
import type { Turn, Turnable } from "./timeline.ts"

/**
 * A run that is under way builds on what it has committed, also where that moved no cursor, whose lock would tell. Call
 * it with the commit lock: what such a run commits is there then, or comes later.
 */
export const demandEnded = Effect.fnUntraced(function* (locks: RunLocks["Service"], { undone }: Turn<Turnable>) {
  const runs = new Map(
    undone.flatMap(({ cause: { connector, runId } }) =>
      connector === null || runId === null ? [] : [[runId, connector] as const],
    ),
  )
  for (const [runId, connector] of runs) {
    const holder = yield* locks.holder(connector)
    if (holder?.runId === runId) return yield* new SyncRunning({ connector, ...holder })
  }
})
