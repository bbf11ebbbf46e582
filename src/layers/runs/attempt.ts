import { Cause, Clock, Effect } from "effect"
import type { LogLine } from "../../services/ConnectorHost.ts"
import type { Committed, TransactionScope } from "../../services/DatasetStore.ts"
import { errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunUnfinished } from "../../services/domain/RunUnfinished.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { HeldRun } from "../../services/RunLocks.ts"
import { RunLog } from "../../services/RunLog.ts"
import type { SyncEvent } from "../../services/SyncService.ts"
import { inGuest } from "./inGuest.ts"
import { retrying } from "./retries.ts"
import { type SoFar, together } from "./soFar.ts"

/** What is known of a run when it starts. */
export type Head = Pick<Run, "runId" | "connector" | "trigger" | "startedAt">

export interface Attempt {
  readonly checked: CheckedManifest
  readonly head: Head
  readonly held: HeldRun
  readonly redact: (text: string) => string
  readonly full: TransactionScope["full"]
  /** Every commit is added to it, as soon as it is one. */
  readonly soFar: SoFar
  readonly onEvent: (event: SyncEvent) => void
}

/** The way of one sync while its lock is held: log, load, credentials, begin, run in the guest, commit. */
export const attempt = Effect.fnUntraced(function* ({ checked, head, held, redact, full, soFar, onEvent }: Attempt) {
  const { runId, connector } = head
  const clock = yield* Clock.Clock
  const write = yield* RunLog.use((log) => log.open(runId))
  const onLine = ({ stream, text }: LogLine) => {
    const line = { stream, text: redact(text) }
    write(line)
    onEvent({ type: "line", runId, connector, ...line })
  }
  const recordOf = (committed: Committed, end: Pick<Run, "outcome" | "error">): Run => ({
    ...head,
    durationMs: clock.currentTimeMillisUnsafe() - Date.parse(head.startedAt),
    ...together(soFar.committed, committed),
    ...end,
  })
  /** As it is to be read if nothing comes after this commit. */
  const unfinished = (committed: Committed): Run => {
    const { checkpoint_id } = together(soFar.committed, committed)
    const error = JSON.parse(JSON.stringify(errorDocument(new RunUnfinished({ connector, checkpoint_id }))))
    return recordOf(committed, { outcome: checkpoint_id === null ? "failure" : "partial", error })
  }
  let recorded: Run | null = null
  const finished = (committed: Committed): Run => (recorded = recordOf(committed, { outcome: "success", error: null }))

  /** One try: it goes on from the last commit, whichever try made that. */
  const transaction = Effect.gen(function* () {
    const { opened, work } = yield* inGuest({
      checked,
      connector,
      runId,
      held,
      // What an earlier try of this run has committed is not to be started over.
      full: soFar.committed.checkpoint_id === null ? full : null,
      onLine,
      onProgress: (rows) => {
        held.tell(rows)
        onEvent({ type: "progress", runId, connector, rows })
      },
      onCheckpoint: (opened) =>
        Effect.fnUntraced(function* (work) {
          const { committed, outputs } = yield* opened.checkpoint(work, unfinished)
          soFar.committed = together(soFar.committed, committed)
          return { checkpoint_id: committed.checkpoint_id, outputs }
        }),
    })
    const committed = yield* opened.commit(work, finished)
    return recorded ?? finished(committed)
  })
  const say = (text: string) => onLine({ stream: "log", text })
  return yield* retrying(Effect.scoped(transaction), say).pipe(
    // Nobody else keeps where a bug of ours showed itself.
    Effect.tapCause((cause) =>
      Effect.sync(() => {
        if (Cause.hasDies(cause)) onLine({ stream: "stderr", text: Cause.pretty(cause) })
      }),
    ),
  )
}, Effect.scoped)
