import { Context, Deferred, Effect, FiberSet, Layer, Schema } from "effect"
import type { UnknownConnector } from "../services/ConnectorCatalog.ts"
import type { ManifestSyntax } from "../services/domain/ManifestProblem.ts"
import type { Run } from "../services/domain/Run.ts"
import { Events } from "../services/Events.ts"
import type { ManifestUnreadable } from "../services/ManifestService.ts"
import { type SyncEvent, type SyncOptions, SyncService } from "../services/SyncService.ts"

/**
 * Syncs that belong to a program that goes on, not to the request that asked for them: whoever asked may be gone when
 * they end. Everything that happens in them is published.
 */
export class StartedSyncs extends Context.Service<
  StartedSyncs,
  {
    /** Answers as soon as the run has an id; one that is under way in this process is joined. */
    readonly start: (connector: string, options: SyncOptions) => Effect.Effect<Started, CannotStart>
    /** Until every one has ended. */
    readonly ended: Effect.Effect<void>
    /** Interrupts them, and waits until each has its record; starts none from then on. */
    readonly stop: Effect.Effect<void>
  }
>()("openislands/programs/StartedSyncs") {}

export interface Started {
  readonly runId: string
  /** Its record, once it has ended. */
  readonly run: Effect.Effect<Run, Unstartable>
}

type Unstartable = ManifestSyntax | ManifestUnreadable | UnknownConnector
export type CannotStart = Unstartable | Stopping

export const layer = Layer.effect(
  StartedSyncs,
  Effect.gen(function* () {
    const syncs = yield* SyncService
    const events = yield* Events
    const fibers = yield* FiberSet.make<void>()
    let isStopping = false

    return {
      start: Effect.fn("StartedSyncs.start")(function* (connector, { onEvent = () => {}, ...options }) {
        if (isStopping) return yield* new Stopping()
        const begun = Deferred.makeUnsafe<string, Unstartable>()
        const ended = Deferred.makeUnsafe<Run, Unstartable>()
        const listen = (event: SyncEvent): void => {
          events.publish(event)
          if (event.type === "started") Deferred.doneUnsafe(begun, Effect.succeed(event.runId))
          // Also of one that is interrupted, which ends with its record all the same.
          if (event.type === "finished") Deferred.doneUnsafe(ended, Effect.succeed(event.run))
          onEvent(event)
        }
        const own = events.underWay.get(connector)
        if (own !== undefined && events.isOurs(own.runId) && options.full == null) {
          Deferred.doneUnsafe(begun, Effect.succeed(own.runId))
        }
        const sync = syncs.sync(connector, { ...options, onEvent: listen }).pipe(
          Effect.onExit((exit) => Deferred.done(ended, exit)),
          // Of a run that another began since, the id is known when it ends.
          Effect.tap(({ runId }) => Deferred.succeed(begun, runId)),
          Effect.tapCause((cause) => Deferred.failCause(begun, cause)),
          Effect.exit,
          Effect.asVoid,
        )
        yield* FiberSet.run(fibers, sync)
        return { runId: yield* Deferred.await(begun), run: Deferred.await(ended) }
      }),
      ended: FiberSet.awaitEmpty(fibers),
      stop: Effect.suspend(() => {
        isStopping = true
        return FiberSet.clear(fibers)
      }),
    }
  }),
)

export class Stopping extends Schema.TaggedError<Stopping>()("Stopping", {}) {
  override get message() {
    return "this server is about to stop"
  }
  get suggestion() {
    return "Start it again: openislands serve"
  }
}
