import { Clock, Context, Deferred, Effect, Layer } from "effect"
import { ConnectorCatalog, UnknownConnector } from "../services/ConnectorCatalog.ts"
import { ConnectorHost } from "../services/ConnectorHost.ts"
import { DatasetStore } from "../services/DatasetStore.ts"
import { didYouMean, isName } from "../services/domain/Name.ts"
import type { Run } from "../services/domain/Run.ts"
import { SyncCancelled } from "../services/domain/SyncCancelled.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { RunLog } from "../services/RunLog.ts"
import { type SyncOptions, SyncService } from "../services/SyncService.ts"
import { TokenService } from "../services/TokenService.ts"
import { attempt, type Head } from "./runs/attempt.ts"
import { cancel } from "./runs/cancel.ts"
import { conclude } from "./runs/conclusion.ts"
import { makeRunId } from "./runs/runId.ts"
import { nothingYet } from "./runs/soFar.ts"

/** Each is a process of its own, with a provider at its other end. */
const atOnce = 4

/** One sync is one transaction of the store; the same connector runs once at a time, and whoever asks meanwhile joins. */
export const layer = Layer.effect(
  SyncService,
  Effect.gen(function* () {
    const manifests = yield* ManifestService
    // Picked, so that who calls keeps a clock and a tracer of its own.
    const services = Context.pick(
      ConnectorCatalog,
      ConnectorHost,
      DatasetStore,
      RunLocks,
      RunLog,
      TokenService,
    )(yield* Effect.context<ConnectorCatalog | ConnectorHost | DatasetStore | RunLocks | RunLog | TokenService>())
    const underWay = new Map<string, { readonly full: boolean; readonly run: Deferred.Deferred<Run> }>()

    const runOrJoin = (checked: CheckedManifest, connector: string, options: SyncOptions): Effect.Effect<Run> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const other = underWay.get(connector)
          const full = options.full != null
          // Whoever joined can leave again; only who started it ends it.
          if (other !== undefined && (other.full || !full)) return restore(Deferred.await(other.run))
          if (other !== undefined) {
            return restore(Deferred.await(other.run)).pipe(Effect.andThen(runOrJoin(checked, connector, options)))
          }
          const mine = Deferred.makeUnsafe<Run>()
          underWay.set(connector, { full, run: mine })
          return oneRun(checked, connector, options, restore).pipe(
            Effect.provide(services),
            Effect.onExit((exit) => {
              underWay.delete(connector)
              return Deferred.done(mine, exit)
            }),
          )
        }),
      )

    return {
      sync: Effect.fn("SyncService.sync")(function* (connector, options) {
        const checked = yield* manifests.load
        const names = checked.connectorNames
        if (!names.includes(connector)) {
          return yield* new UnknownConnector({ connector, didYouMean: didYouMean(connector, names) })
        }
        return yield* runOrJoin(checked, connector, options)
      }),
      syncAll: Effect.fn("SyncService.syncAll")(function* (options) {
        const checked = yield* manifests.load
        const run = (name: string) => runOrJoin(checked, name, options)
        return yield* Effect.forEach(checked.connectorNames, run, { concurrency: atOnce })
      }),
      cancel: Effect.fn("SyncService.cancel")((runId) => cancel(runId).pipe(Effect.provide(services))),
    }
  }),
)

const asItIs = (text: string): string => text

/** Only what is inside `restore` can be interrupted: every run that started ends with its record. */
const oneRun = Effect.fnUntraced(function* (
  checked: CheckedManifest,
  connector: string,
  { trigger, full, onEvent = () => {} }: SyncOptions,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
) {
  const start = yield* Clock.currentTimeMillis
  const runId = makeRunId(start, connector)
  const head: Head = { runId, connector, trigger, startedAt: new Date(start).toISOString() }
  onEvent({ type: "started", runId, connector })

  let redact = asItIs
  const soFar = nothingYet()
  const way = Effect.gen(function* () {
    redact = yield* TokenService.use((tokens) => tokens.redactor)
    // Text that is no name never becomes a lock's. The catalog knows what is wrong with it.
    if (!isName(connector)) yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))
    const held = yield* RunLocks.use((locks) => locks.take(connector, runId, trigger))
    return yield* attempt({ checked, head, held, redact, full, soFar, onEvent })
  })
  const cancelled = RunLog.use((log) => log.cancelAsked(runId)).pipe(
    Effect.andThen(Effect.fail(new SyncCancelled({ connector }))),
  )
  const exit = yield* restore(Effect.raceFirst(way, cancelled)).pipe(Effect.exit)
  // The lock is held until the record is written, so that records are in the order of the runs.
  const run = yield* conclude({ head, exit, soFar: soFar.committed, redact, restore })
  onEvent({ type: "finished", runId, connector, run })
  return run
}, Effect.scoped)
