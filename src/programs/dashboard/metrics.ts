import { Effect, Metric } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Response from "effect/http/HttpServerResponse"
import { format } from "effect/observability/PrometheusMetrics"

/** Few values each: a connector's name is not among them, as there may be thousands. */
export const runs = (outcome: string) =>
  Metric.withAttributes(
    Metric.counter("openislands_runs_total", { description: "Runs that have ended, by outcome", incremental: true }),
    { outcome },
  )

export const rows = (mode: string) =>
  Metric.withAttributes(
    Metric.counter("openislands_rows_total", {
      description: "Rows that runs brought, by mode; of a replace and an upsert those too that were there already",
      incremental: true,
    }),
    { mode },
  )

export const duration = Metric.histogram("openislands_run_duration_seconds", {
  description: "How long runs took",
  boundaries: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000],
})

export const underWay = Metric.gauge("openislands_runs_under_way", { description: "Runs that have not ended" })

export const clients = Metric.gauge("openislands_event_clients", { description: "Clients that listen to events" })

/** `/metrics`, as Prometheus reads it. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const context = yield* Effect.context<never>()
    const text = format().pipe(Effect.provideContext(context))
    yield* router.add(
      "GET",
      "/metrics",
      Effect.map(text, (body) => Response.text(body, { contentType: "text/plain; version=0.0.4; charset=utf-8" })),
    )
  }),
)
