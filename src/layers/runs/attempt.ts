import { Cause, Clock, Effect } from "effect"
import { ConnectorCatalog } from "../../services/ConnectorCatalog.ts"
import { ConnectorHost, type LogLine } from "../../services/ConnectorHost.ts"
import { type CommitError, type Committed, DatasetStore, type TransactionScope } from "../../services/DatasetStore.ts"
import type { AuthError } from "../../services/domain/AuthError.ts"
import type { Declaration } from "../../services/domain/Description.ts"
import { errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { ConnectorEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunUnfinished } from "../../services/domain/RunUnfinished.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { HeldRun } from "../../services/RunLocks.ts"
import { RunLog } from "../../services/RunLog.ts"
import type { SyncEvent } from "../../services/SyncService.ts"
import { type EnvUnreadable, type MissingSecrets, TokenService } from "../../services/TokenService.ts"
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

/** Half an hour: longer than a first pull of years takes, short enough to notice a hung provider the same day. */
export const defaultTimeout = 30 * 60_000

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
    const { entry, bundle, description } = yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))
    const { declaration } = description
    const tokens = yield* TokenService
    const credentials = yield* tokens.credentials(connector, declaration)
    const outputs = outputsOf(checked, entry, declaration)
    const opened = yield* DatasetStore.use((store) =>
      store.begin({
        connector,
        runId,
        outputs,
        retention: checked.manifest.history,
        // What an earlier try of this run has committed is not to be started over.
        full: soFar.committed.checkpoint_id === null ? full : null,
      }),
    )
    const work = yield* ConnectorHost.use((host) =>
      host.run<AuthError | CommitError | EnvUnreadable | MissingSecrets>({
        connector,
        bundle,
        permissions: entry.permissions,
        config: entry.config,
        credentials,
        state: opened.state,
        outputs: opened.outputs,
        timeout: entry.timeout ?? defaultTimeout,
        onLine,
        onProgress: (rows) => {
          held.tell(rows)
          onEvent({ type: "progress", runId, connector, rows })
        },
        onCheckpoint: Effect.fnUntraced(function* (work) {
          const { committed, outputs } = yield* opened.checkpoint(work, unfinished)
          soFar.committed = together(soFar.committed, committed)
          return { checkpoint_id: committed.checkpoint_id, outputs }
        }),
        onUnauthorized: (accessToken) => tokens.renew(connector, declaration, accessToken),
        onStart: held.nameGuest,
      }),
    )
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

/** Where the rows of each output go. */
export const outputsOf = (checked: CheckedManifest, entry: ConnectorEntry, { outputs }: Declaration) =>
  outputs.map(({ name, key }) => ({ output: name, dataset: datasetOf(checked, entry, name), key }))

/** Null for an output that the manifest maps to nothing. */
const datasetOf = (checked: CheckedManifest, entry: ConnectorEntry, output: string): SourceDataset | null => {
  const name = entry.datasets.get(output)
  const dataset = name === undefined ? undefined : checked.manifest.datasets.get(name)
  return dataset?.kind === "source" ? dataset : null
}
