import { Clock, Context, Effect, Layer, Result } from "effect"
import { ConnectorCatalog, UnknownConnector } from "../services/ConnectorCatalog.ts"
import { ConnectorHost, type LogLine } from "../services/ConnectorHost.ts"
import { DatasetStore } from "../services/DatasetStore.ts"
import { errorDocument, type TaggedFailure } from "../services/domain/ErrorDocument.ts"
import { didYouMean, isName } from "../services/domain/Name.ts"
import type { Preview } from "../services/domain/Preview.ts"
import { SchemaDrift } from "../services/domain/SchemaDrift.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import { type PreviewOptions, PreviewService } from "../services/PreviewService.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { TokenService } from "../services/TokenService.ts"
import { LogTail } from "./host/logTail.ts"
import { redactDocument } from "./redaction.ts"
import { rehearse, Rehearsal } from "./runs/rehearse.ts"
import { orLater } from "./runs/retries.ts"
import { makeRunId } from "./runs/runId.ts"

/** Runs a connector as a sync does, up to the commit; what it staged is looked at, and thrown away. */
export const layer = Layer.effect(
  PreviewService,
  Effect.gen(function* () {
    const manifests = yield* ManifestService
    const services = Context.pick(
      ConnectorCatalog,
      ConnectorHost,
      DatasetStore,
      RunLocks,
      TokenService,
    )(yield* Effect.context<ConnectorCatalog | ConnectorHost | DatasetStore | RunLocks | TokenService>())
    return {
      preview: Effect.fn("PreviewService.preview")(function* (connector, options = {}) {
        const checked = yield* manifests.load
        const names = checked.connectorNames
        // Text that is no name never becomes a lock's.
        if (!names.includes(connector) || !isName(connector)) {
          return yield* new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
        }
        return yield* onePreview(checked, connector, options).pipe(Effect.provide(services))
      }),
    }
  }),
)

const onePreview = Effect.fnUntraced(function* (
  checked: CheckedManifest,
  connector: string,
  { onProgress = () => {}, onLine }: PreviewOptions,
) {
  const start = yield* Clock.currentTimeMillis
  const held = yield* RunLocks.use((locks) => locks.take(connector))
  const redact = yield* TokenService.use((tokens) => tokens.redactor)
  const tail = new LogTail<LogLine>()
  const onWhole = ({ stream, text }: LogLine): void => {
    const line = { stream, text: redact(text) }
    tail.push(line)
    onLine?.(line)
  }
  const rehearsal = new Rehearsal()
  const job = { checked, connector, runId: makeRunId(start, connector), held, onProgress, rehearsal }
  // Once: somebody waits for it, and `ctx.fetch` has had its own tries.
  const result = yield* Effect.scoped(rehearse({ ...job, onLine: onWhole })).pipe(
    Effect.catch((error) => Effect.flatMap(orLater(error), Effect.fail)),
    Effect.result,
  )
  const failure: TaggedFailure | null = Result.isFailure(result) ? result.failure : rehearsal.drift
  const error = failure === null ? null : documentOf(failure, redact)
  return {
    connector,
    outcome: failure === null ? "success" : rehearsal.checkpoints > 0 ? "partial" : "failure",
    durationMs: (yield* Clock.currentTimeMillis) - start,
    requests: Result.isSuccess(result) ? result.success.requests : (rehearsal.far?.requests ?? null),
    written: rehearsal.far?.rows ?? null,
    datasets: Object.fromEntries(rehearsal.datasets),
    dropped: Object.fromEntries(rehearsal.dropped),
    schemaChanges: rehearsal.schemaChanges,
    drift: failure instanceof SchemaDrift ? error : null,
    state: failure === null && Result.isSuccess(result) ? JSON.parse(result.success.state) : null,
    log: tail.lines,
    error,
  } satisfies Preview
}, Effect.scoped)

const documentOf = (failure: TaggedFailure, redact: (text: string) => string): Preview["error"] =>
  JSON.parse(JSON.stringify(redactDocument(errorDocument(failure), redact)))
