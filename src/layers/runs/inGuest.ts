import { Effect } from "effect"
import { ConnectorCatalog } from "../../services/ConnectorCatalog.ts"
import { ConnectorHost, type LogLine, type SyncJob } from "../../services/ConnectorHost.ts"
import { type CommitError, DatasetStore, type Transaction, type TransactionScope } from "../../services/DatasetStore.ts"
import type { AuthError } from "../../services/domain/AuthError.ts"
import type { Declaration } from "../../services/domain/Description.ts"
import { ConnectorFailed } from "../../services/domain/GuestError.ts"
import type { ConnectorEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { HeldRun } from "../../services/RunLocks.ts"
import { type EnvUnreadable, type MissingSecrets, TokenService } from "../../services/TokenService.ts"
import { accessOf } from "../tokens/env.ts"

/** Half an hour: longer than a first pull of years takes, short enough to notice a hung provider the same day. */
const defaultTimeout = 30 * 60_000

type Job = SyncJob<AuthError | CommitError | EnvUnreadable | MissingSecrets>

export interface InGuest {
  readonly checked: CheckedManifest
  readonly connector: string
  readonly runId: string
  readonly held: HeldRun
  readonly full?: TransactionScope["full"]
  readonly onLine: (line: LogLine) => void
  readonly onProgress: Job["onProgress"]
  readonly onFailed?: Job["onFailed"]
  /** What becomes of a `ctx.checkpoint()`. */
  readonly onCheckpoint: (opened: Transaction) => Job["onCheckpoint"]
}

/** One try of a connector up to its end: load, credentials, begin, run in the guest. What it wrote since is staged. */
export const inGuest = Effect.fnUntraced(function* (run: InGuest) {
  const { checked, connector, runId, held, full, onLine, onProgress, onFailed, onCheckpoint } = run
  const { entry, bundle, description } = yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))
  const { declaration } = description
  const tokens = yield* TokenService
  const credentials = yield* tokens.credentials(connector, declaration)
  const outputs = outputsOf(checked, entry, declaration)
  const opened = yield* DatasetStore.use((store) =>
    store.begin({ connector, runId, outputs, retention: checked.manifest.history, full }),
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
      onProgress,
      onFailed,
      onCheckpoint: onCheckpoint(opened),
      onUnauthorized: (accessToken) => tokens.renew(connector, declaration, accessToken),
      onStart: held.nameGuest,
    }),
  ).pipe(
    // The guest says that it was not let in; by what, only the host can be believed.
    Effect.catchIf(
      (error): error is ConnectorFailed =>
        error instanceof ConnectorFailed && (error.providerStatus === 401 || error.providerStatus === 403),
      (failed) => Effect.fail(new ConnectorFailed({ ...failed, access: accessOf(declaration) })),
    ),
  )
  return { opened, work }
})

/** Where the rows of each output go. */
const outputsOf = (checked: CheckedManifest, entry: ConnectorEntry, { outputs }: Declaration) =>
  outputs.map(({ name, key }) => ({ output: name, dataset: datasetOf(checked, entry, name), key }))

/** Null for an output that the manifest maps to nothing. */
const datasetOf = (checked: CheckedManifest, entry: ConnectorEntry, output: string): SourceDataset | null => {
  const name = entry.datasets.get(output)
  const dataset = name === undefined ? undefined : checked.manifest.datasets.get(name)
  return dataset?.kind === "source" ? dataset : null
}
