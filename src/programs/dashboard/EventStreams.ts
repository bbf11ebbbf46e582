import { Context, Effect, Latch, Layer, Metric, Schedule, Stream } from "effect"
import * as Response from "effect/http/HttpServerResponse"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { Events, type ToldEvent } from "../../services/Events.ts"
import { Stopping } from "../StartedSyncs.ts"
import { clients } from "./metrics.ts"
import { TooManyStreams } from "./problems.ts"

/** The clients that listen to events. */
export class EventStreams extends Context.Service<
  EventStreams,
  {
    /** An answer that goes on until the client or the server ends it. */
    readonly open: (lastId: string | null) => Effect.Effect<HttpServerResponse, Stopping | TooManyStreams>
    /** Ends them all, after what has happened so far. */
    readonly end: Effect.Effect<void>
  }
>()("openislands/programs/dashboard/EventStreams") {}

/** Each holds a connection. */
const most = 100

/** Proxies and clients take a connection on which nothing comes for dead. */
const heartbeat = Stream.fromSchedule(Schedule.spaced("15 seconds")).pipe(Stream.map(() => ": still here\n\n"))

export const layer = Layer.effect(
  EventStreams,
  Effect.gen(function* () {
    const events = yield* Events
    const ending = yield* Latch.make()
    let isEnding = false
    let listening = 0

    const scope = yield* Effect.scope
    const tell = Effect.suspend(() => Metric.update(clients, listening))

    /** A place that is taken, from its promise on; who is gone before the first word gives it back as well. */
    const place = Effect.gen(function* () {
      let has: "promise" | "begun" | "left" = "promise"
      const leave = Effect.suspend(() => {
        if (has !== "left") listening--
        has = "left"
        return tell
      })
      yield* Effect.sleep("10 seconds").pipe(
        Effect.andThen(Effect.suspend(() => (has === "promise" ? leave : Effect.void))),
        Effect.forkIn(scope),
      )
      const begin = Effect.suspend(() => {
        if (has === "left") return Effect.interrupt
        has = "begun"
        return tell
      })
      return Effect.acquireRelease(begin, () => leave)
    })

    return {
      open: Effect.fn("EventStreams.open")(function* (lastId) {
        if (isEnding) return yield* new Stopping()
        if (listening >= most) return yield* new TooManyStreams({ most })
        listening++
        const taken = yield* place
        const told = Stream.unwrap(Effect.as(taken, Stream.map(events.since(lastId), messageOf)))
        const body = Stream.merge(told, heartbeat, { haltStrategy: "left" }).pipe(
          Stream.interruptWhen(ending.await),
          Stream.encodeText,
        )
        return Response.stream(body, { contentType: "text/event-stream" })
      }),
      end: Effect.suspend(() => {
        isEnding = true
        // What was published just before is on its way to the clients.
        return Effect.sleep("50 millis").pipe(Effect.andThen(ending.open))
      }),
    }
  }),
)

const messageOf = ({ id, event }: ToldEvent): string => `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`
