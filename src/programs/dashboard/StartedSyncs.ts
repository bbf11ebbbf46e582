import { Context, Deferred, Effect, Exit, Layer, Scope } from "effect"
import type { UnknownConnector } from "../../services/ConnectorCatalog.ts"
import type { FullSync } from "../../services/DatasetStore.ts"
import type { ManifestSyntax } from "../../services/domain/ManifestProblem.ts"
import { SyncRunning } from "../../services/domain/SyncRunning.ts"
import { Events } from "../../services/Events.ts"
import type { ManifestUnreadable } from "../../services/ManifestService.ts"
import { RunLocks } from "../../services/RunLocks.ts"
import { type SyncEvent, SyncService } from "../../services/SyncService.ts"
import { Stopping } from "./problems.ts"

/** Runs that go on after the request that started them has been answered; they end with the server. */
export class StartedSyncs extends Context.Service<
  StartedSyncs,
  {
    /** Answers the run's id as soon as it has one; of a run that is under way in this process, that one's. */
    readonly start: (
      connector: string,
      full: FullSync | null,
    ) => Effect.Effect<string, ManifestSyntax | ManifestUnreadable | Stopping | SyncRunning | UnknownConnector>
    /** Interrupts them, and waits until each has its record; starts none from then on. */
    readonly stop: Effect.Effect<void>
  }
>()("openislands/programs/dashboard/StartedSyncs") {}

export const layer = Layer.effect(
  StartedSyncs,
  Effect.gen(function* () {
    const syncs = yield* SyncService
    const locks = yield* RunLocks
    const events = yield* Events
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    let isStopping = false

    return {
      stop: Effect.suspend(() => {
        isStopping = true
        return Scope.close(scope, Exit.void)
      }),
      start: Effect.fn("StartedSyncs.start")(function* (connector, full) {
        if (isStopping) return yield* new Stopping()
        const own = events.underWay.get(connector)
        if (own !== undefined && full === null) return own.runId
        const holder = own === undefined ? yield* locks.holder(connector) : { pid: process.pid, ...own }
        if (holder !== null) {
          const { pid, startedAt, runId } = holder
          return yield* new SyncRunning({ connector, pid, startedAt, runId })
        }
        const started = yield* Deferred.make<string, ManifestSyntax | ManifestUnreadable | UnknownConnector>()
        const onEvent = (event: SyncEvent): void => {
          events.publish(event)
          if (event.type === "started") Deferred.doneUnsafe(started, Exit.succeed(event.runId))
        }
        // Another may have been first since: then its id is known when it ends.
        const run = syncs.sync(connector, { trigger: "http", full, onEvent }).pipe(
          Effect.map(({ runId }) => runId),
          Effect.onExit((exit) => Deferred.done(started, exit)),
        )
        yield* Effect.forkIn(run, scope)
        return yield* Deferred.await(started)
      }),
    }
  }),
)
