import { Context, Deferred, Effect, FiberSet, Layer } from "effect"
import type { Run } from "../../services/domain/Run.ts"
import type { TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { type SyncEvent, SyncService } from "../../services/SyncService.ts"

/** Syncs that belong to the server, not to the request that asked for them: whoever asked may be gone when they end. */
export class Syncs extends Context.Service<
  Syncs,
  {
    /** Answers as soon as the sync has an id, or cannot have one. */
    readonly start: (connector: string, onEvent: (event: SyncEvent) => void) => Effect.Effect<Started, TaggedFailure>
    /** Until every sync has ended. */
    readonly ended: Effect.Effect<void>
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
    const fibers = yield* FiberSet.make<void>()

    return {
      start: Effect.fn("Syncs.start")(function* (connector, onEvent) {
        const begun = Deferred.makeUnsafe<string, TaggedFailure>()
        const ended = Deferred.makeUnsafe<Run, TaggedFailure>()
        const listen = (event: SyncEvent): void => {
          if (event.type === "started") Deferred.doneUnsafe(begun, Effect.succeed(event.runId))
          onEvent(event)
        }
        const sync = service.sync(connector, { trigger: "mcp", onEvent: listen }).pipe(
          Effect.onExit((exit) => Deferred.done(ended, exit)),
          // One that joined another's has its id only now.
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
    }
  }),
)
