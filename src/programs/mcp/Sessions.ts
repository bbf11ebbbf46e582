import { Clock, Context, Effect, Layer, Schedule, Schema, type Scope } from "effect"
import { Stopping } from "../StartedSyncs.ts"
import type { McpServices } from "./server.ts"
import type { Session } from "./session.ts"

/** The clients that are connected over HTTP, each with a server of its own. */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** Answers one request of the transport. */
    readonly answer: (request: Request) => Effect.Effect<Answered, Stopping | TooManySessions>
    /** Ends them all, after what they are being answered just now. */
    readonly end: Effect.Effect<void>
  }
>()("openislands/programs/mcp/Sessions") {}

export interface Answered {
  readonly response: Response
  /** Keeps its session from being idle while the answer is being sent, which for a stream may be long. */
  readonly held: Effect.Effect<void, never, Scope.Scope>
}

/** Each remembers what it has sent. */
export const most = 64
/** Milliseconds without a request or an open stream. */
export const idle = 15 * 60_000

interface Held {
  readonly session: Session
  /** Requests that are being answered, and streams. */
  open: number
  /** Epoch milliseconds. */
  lastUse: number
}

export const layer = Layer.effect(
  Sessions,
  Effect.gen(function* () {
    const context = yield* Effect.context<McpServices>()
    const sessions = new Map<string, Held>()
    let isEnding = false

    const close = (id: string, { session }: Held): Effect.Effect<void> => {
      sessions.delete(id)
      return Effect.promise(() => session.close())
    }
    const idleOnes = () =>
      [...sessions].filter(([, { open }]) => open === 0).toSorted(([, one], [, other]) => one.lastUse - other.lastUse)

    const closeIdle = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const over = idleOnes().filter(([, { lastUse }]) => now - lastUse >= idle)
      yield* Effect.forEach(over, ([id, held]) => close(id, held), { discard: true })
    })
    yield* closeIdle.pipe(Effect.repeat(Schedule.spaced("30 seconds")), Effect.forkScoped)

    const hold = (one: Held) =>
      Effect.acquireRelease(
        Effect.sync(() => void one.open++),
        () =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            one.open--
            one.lastUse = now
          }),
      )
    const answerBy = (one: Held, request: Request): Effect.Effect<Answered> => {
      const held = hold(one)
      return held.pipe(
        Effect.andThen(Effect.promise(() => one.session.answer(request))),
        Effect.scoped,
        Effect.map((response) => ({ response, held })),
      )
    }

    const begin = Effect.fnUntraced(function* (request: Request) {
      const [oldest] = idleOnes()
      if (sessions.size >= most && oldest === undefined) return yield* new TooManySessions({ most })
      // The SDK is loaded for the first of them: whoever serves no agent doesn't wait for it.
      const { makeSession } = yield* Effect.promise(() => import("./session.ts"))
      const session = yield* makeSession((id) => void sessions.delete(id)).pipe(Effect.provideContext(context))
      const held: Held = { session, open: 0, lastUse: yield* Clock.currentTimeMillis }
      const answered = yield* answerBy(held, request)
      const id = session.id()
      // It wasn't a greeting.
      if (id === null || isEnding)
        return yield* Effect.as(
          Effect.promise(() => session.close()),
          answered,
        )
      sessions.set(id, held)
      const tooMany = sessions.size > most ? idleOnes().find(([other]) => other !== id) : undefined
      if (tooMany !== undefined) yield* close(...tooMany)
      return answered
    })

    return {
      answer: Effect.fn("Sessions.answer")(function* (request) {
        if (isEnding) return yield* new Stopping()
        const id = request.headers.get("mcp-session-id")
        if (id === null) {
          if (request.method === "POST") return yield* begin(request)
          return alone(refusal(400, -32000, "Bad Request: the header Mcp-Session-Id is missing"))
        }
        const held = sessions.get(id)
        return held === undefined
          ? alone(refusal(404, -32001, "Session not found: it is over, initialize a new one"))
          : yield* answerBy(held, request)
      }),
      end: Effect.suspend(() => {
        isEnding = true
        // What runs that have just been ended are answered with is on its way to the clients.
        return Effect.sleep("50 millis").pipe(
          Effect.andThen(Effect.forEach([...sessions], ([id, held]) => close(id, held), { discard: true })),
        )
      }),
    }
  }),
)

const alone = (response: Response): Answered => ({ response, held: Effect.void })

const refusal = (status: number, code: number, message: string): Response =>
  Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status })

export class TooManySessions extends Schema.TaggedError<TooManySessions>()("TooManySessions", { most: Schema.Int }) {
  override get message() {
    return `${this.most} clients are connected already`
  }
  get suggestion() {
    return "Close some, then try again."
  }
}
