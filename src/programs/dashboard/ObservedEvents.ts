import { Context, Effect, Layer } from "effect"
import * as PubSubEvents from "../../layers/PubSubEvents.ts"
import type { Run } from "../../services/domain/Run.ts"
import { Events, type ProjectEvent } from "../../services/Events.ts"
import { runText } from "../cli/runText.ts"
import * as metrics from "./metrics.ts"

/** Whatever is told to listeners is logged and counted as well: each run's start and end, wherever it runs. */
export const layer = Layer.effect(
  Events,
  Effect.gen(function* () {
    const events = yield* Events
    const context = yield* Effect.context<never>()
    const log = Effect.runForkWith(context)
    for (const outcome of outcomes) metrics.runs(outcome).updateUnsafe(0, context)

    const observe = (event: ProjectEvent): void => {
      if (event.type === "started") {
        const { runId, connector } = event
        log(Effect.logInfo(`${connector}  started`).pipe(Effect.annotateLogs({ event: "started", runId, connector })))
      }
      if (event.type === "finished") {
        count(event.run, context)
        log(ended(event.run))
      }
      if (event.type === "connection") {
        const { connector, connected } = event
        const text = `${connector}  ${connected ? "connected" : "disconnected"}`
        log(Effect.logInfo(text).pipe(Effect.annotateLogs({ event: "connection", connector, connected })))
      }
      if (event.type === "lost") {
        const { runId, connector } = event
        metrics.runs("lost").updateUnsafe(1, context)
        const text = `${connector}  its process died before it could record its end`
        log(Effect.logWarning(text).pipe(Effect.annotateLogs({ event: "lost", runId, connector })))
      }
      metrics.underWay.updateUnsafe(events.underWay.size, context)
    }
    return {
      ...events,
      publish: (event, elsewhere) => {
        events.publish(event, elsewhere)
        if (event.type !== "line" && event.type !== "progress") observe(event)
      },
    }
  }),
).pipe(Layer.provide(PubSubEvents.layer))

const outcomes = ["success", "partial", "failure", "skipped", "lost"] as const

const count = (run: Run, context: Context.Context<never>): void => {
  metrics.runs(run.outcome).updateUnsafe(1, context)
  if (run.outcome === "skipped") return
  metrics.duration.updateUnsafe(run.durationMs / 1000, context)
  for (const { mode, rows } of Object.values(run.datasets)) metrics.rows(mode).updateUnsafe(rows, context)
}

const ended = (run: Run): Effect.Effect<void> => {
  const { runId, connector, trigger, outcome, durationMs, datasets, checkpoint_id, error } = run
  const facts = { event: "finished", runId, connector, trigger, outcome, durationMs, datasets, checkpoint_id, error }
  const isFine = outcome === "success" || outcome === "skipped"
  const text = runText(run)
  return (isFine ? Effect.logInfo(text) : Effect.logWarning(text)).pipe(Effect.annotateLogs(facts))
}
