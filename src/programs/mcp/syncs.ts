import { Context, Deferred, Effect, FiberSet, Layer, Option } from "effect"
import type { Run } from "../../services/domain/Run.ts"
import type { TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { Events } from "../../services/Events.ts"
import { type SyncEvent, SyncService } from "../../services/SyncService.ts"

/** Syncs that belong to the server, not to the request that asked for them: whoever asked may be gone when they end. */
export class Syncs extends Context.Service<
  Syncs,
  {
    /** Answers as soon as the sync has an id, or cannot have one; of a run that is under way here, that one. */
    readonly start: (connector: string, onEvent: (event: SyncEvent) => void) => Effect.Effect<Started, TaggedFailure>
    /** Until every sync has ended. */
    readonly ended: Effect.Effect<void>
    /** Interrupts them, and waits until each has its record. */
    readonly stop: Effect.Effect<void>
  }
>()("openislands/programs/mcp/Syncs") {}

export interface Started {
  readonly runId: string
  readonly run: Effect.Effect<Run, TaggedFailure>
}

export const layer = Layer.effect(
  Syncs,
  Effect.gen(function* () {
    const service = yield* SyncService
    // Whoever else listens in this process, if anybody does.
    const events = Option.getOrNull(yield* Effect.serviceOption(Events))
    const fibers = yield* FiberSet.make<void>()
    const underWay = new Map<string, string>()

    return {
      start: Effect.fn("Syncs.start")(function* (connector, onEvent) {
        const begun = Deferred.makeUnsafe<string, TaggedFailure>()
        const ended = Deferred.makeUnsafe<Run, TaggedFailure>()
        const listen = (event: SyncEvent): void => {
          if (event.type === "started") {
            underWay.set(connector, event.runId)
            Deferred.doneUnsafe(begun, Effect.succeed(event.runId))
          }
          if (event.type === "finished") {
            underWay.delete(connector)
            // Also of one that is interrupted, which ends with its record all the same.
            Deferred.doneUnsafe(ended, Effect.succeed(event.run))
          }
          events?.publish(event)
          onEvent(event)
        }
        // One that joins hears nothing of it before the end.
        const other = underWay.get(connector) ?? events?.underWay.get(connector)?.runId
        if (other !== undefined) yield* Deferred.succeed(begun, other)
        const sync = service.sync(connector, { trigger: "mcp", onEvent: listen }).pipe(
          Effect.onExit((exit) => Deferred.done(ended, exit)),
          Effect.tap(({ runId }) => Deferred.succeed(begun, runId)),
          Effect.tapCause((cause) => Deferred.failCause(begun, cause)),
          Effect.exit,
          Effect.asVoid,
        )
        yield* FiberSet.run(fibers, sync)
        const runId = yield* Deferred.await(begun)
        return { runId, run: Deferred.await(ended) }
      }),
      ended: FiberSet.awaitEmpty(fibers),
      stop: FiberSet.clear(fibers),
    }
  }),
)
