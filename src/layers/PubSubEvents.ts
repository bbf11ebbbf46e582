import { Clock, Effect, Layer, PubSub, Stream } from "effect"
import { randomBytes } from "node:crypto"
import { Events, type Hello, type ProjectEvent, type RunUnderWay, type ToldEvent } from "../services/Events.ts"

/** Characters of a line: what is remembered must not grow with what connectors print. The run's log has all of it. */
const longestLine = 4_096

/** Events that are remembered, and that a listener may be behind before it misses some. */
const remembered = 1_000

interface Numbered {
  readonly number: number
  readonly event: ProjectEvent
}

/** One PubSub that slides: publishing costs the same whoever listens, and memory stays bounded. */
export const layer = Layer.effect(
  Events,
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const pubsub = yield* Effect.acquireRelease(
      PubSub.sliding<Numbered>({ capacity: remembered, replay: remembered }),
      PubSub.shutdown,
    )
    // Numbers begin anew with each process: the prefix tells them apart.
    const process = randomBytes(6).toString("base64url")
    const underWay = new Map<string, RunUnderWay>()
    const ours = new Set<string>()
    let last = 0

    // What `publishUnsafe` does when it is full is nothing; this slides, and never waits either.
    const tell = (event: ProjectEvent): void => void Effect.runSync(PubSub.publish(pubsub, { number: ++last, event }))
    const told = (number: number, event: ToldEvent["event"]): ToldEvent => ({ id: `${process}-${number}`, event })
    const hello = (missed: boolean): Hello => ({ type: "hello", missed, underWay: [...underWay.values()] })

    /** The number after which a stream goes on; null when what came after `id` is no longer known. */
    const startOf = (id: string | null): number | null => {
      if (id === null) return last
      const number = id.startsWith(`${process}-`) ? Number(id.slice(process.length + 1)) : Number.NaN
      const isKnown = Number.isSafeInteger(number) && number <= last && number >= last - remembered
      return isKnown ? number : null
    }

    return {
      underWay,
      isOurs: (runId) => ours.has(runId),
      publish: (event, elsewhere = false) => {
        if (event.type === "started" && !elsewhere) remember(ours, event.runId)
        keepUp(underWay, event, elsewhere, clock.currentTimeMillisUnsafe())
        tell(event.type === "line" ? { ...event, text: shortened(event.text) } : event)
        if (event.type !== "finished" || event.run.checkpoint_id === null) return
        const { runId, connector } = event
        tell({ type: "checkpoint", checkpoint_id: event.run.checkpoint_id, connector, runId })
      },
      since: (lastId) =>
        Stream.unwrap(
          Effect.map(PubSub.subscribe(pubsub), (subscription) => {
            const known = startOf(lastId)
            const start = known ?? last
            const events = Stream.fromSubscription(subscription).pipe(
              Stream.mapAccum(
                () => start,
                (seen, { number, event }): readonly [number, ReadonlyArray<ToldEvent>] => {
                  // Remembered, and older than what was asked for.
                  if (number <= seen) return [seen, []]
                  const one = told(number, event)
                  return [number, number === seen + 1 ? [one] : [told(number - 1, hello(true)), one]]
                },
              ),
            )
            return Stream.concat(Stream.succeed(told(start, hello(known === null))), events)
          }),
        ),
    }
  }),
)

/** More than can be under way, or have just ended, at any time. */
const remember = (runs: Set<string>, runId: string): void => {
  runs.add(runId)
  const [oldest] = runs
  if (runs.size > remembered && oldest !== undefined) runs.delete(oldest)
}

const shortened = (text: string): string =>
  text.length <= longestLine ? text : `${text.slice(0, longestLine).toWellFormed()}...`

const keepUp = (underWay: Map<string, RunUnderWay>, event: ProjectEvent, elsewhere: boolean, now: number): void => {
  if (event.type === "started") {
    const { runId, connector } = event
    // What runs elsewhere may be told of when it is long over. Their ids sort by time.
    if (elsewhere && runId < (underWay.get(connector)?.runId ?? "")) return
    underWay.set(connector, { runId, connector, startedAt: new Date(now).toISOString(), outcome: "running", rows: {} })
  }
  if (event.type === "progress") {
    const run = underWay.get(event.connector)
    if (run?.runId === event.runId) underWay.set(event.connector, { ...run, rows: event.rows })
  }
  if ((event.type === "finished" || event.type === "lost") && underWay.get(event.connector)?.runId === event.runId) {
    underWay.delete(event.connector)
  }
}
