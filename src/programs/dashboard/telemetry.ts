import { Cause, Config, ConfigProvider, Effect, Exit, Layer, Option, Schema, Tracer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { layerFromConfig } from "effect/observability/Otlp"
import { layerJson, layerProtobuf } from "effect/observability/OtlpSerialization"
import packageJson from "../../../package.json" with { type: "json" }

/** The standard's own defaults, which Effect leaves to be said, and ours. */
const defaults = {
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_LOGS_EXPORTER: "otlp",
  OTEL_SERVICE_NAME: "openislands",
  OTEL_SERVICE_VERSION: packageJson.version,
}

/** What the environment says of telemetry cannot be used. */
export class TelemetryUnusable extends Schema.TaggedError<TelemetryUnusable>()("TelemetryUnusable", {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` and the like. */
  variable: Schema.String,
  /** `a valid URL string` */
  expected: Schema.String,
}) {
  override get message() {
    return `${this.variable} in the environment cannot be used: it has to be ${this.expected}`
  }
  get suggestion() {
    return "Correct it. Without OTEL_EXPORTER_OTLP_ENDPOINT no telemetry is sent, and the other OTEL_* variables don't count."
  }
}

/** Sends traces, metrics and logs where the standard `OTEL_*` variables say; what is left goes when it ends. */
export const telemetry = (env: Readonly<Record<string, string | undefined>>): Layer.Layer<never, TelemetryUnusable> =>
  discreet.pipe(
    Layer.provideMerge(layerFromConfig({ loggerMergeWithExisting: true })),
    Layer.provide(env["OTEL_EXPORTER_OTLP_PROTOCOL"] === "http/json" ? layerJson : layerProtobuf),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...defaults, ...env }))),
    Layer.catchCause((cause) => Layer.effectContext(Effect.failCause(unusable(cause)))),
  )

/** The library takes it for a bug of ours. */
const unusable = (cause: Cause.Cause<never>): Cause.Cause<TelemetryUnusable> => {
  const error = Cause.squash(cause)
  if (!(error instanceof Config.ConfigError)) return cause
  const [, expected = error.message, variable = "OTEL_*"] = /Expected (.+)\n +at \["(\w+)"\]/.exec(error.message) ?? []
  return Cause.fail(new TelemetryUnusable({ variable, expected: expected.replaceAll(" | ", " or ") }))
}

/** A span of what failed says its kind only: messages of connectors and providers may hold secrets before they are redacted. */
const discreet = Layer.effect(
  Tracer.Tracer,
  Effect.map(Effect.tracer, (inner) => ({
    ...inner,
    span: (options: Parameters<Tracer.Tracer["span"]>[0]) => {
      const span = inner.span(options)
      const end = span.end.bind(span)
      span.end = (time, exit) => end(time, Exit.isSuccess(exit) ? Exit.void : Exit.failCause(kindOnly(exit.cause)))
      return span
    },
  })),
)

const kindOnly = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> => {
  if (Cause.hasInterruptsOnly(cause)) return cause
  const error = Option.getOrNull(Cause.findErrorOption(cause)) as { readonly _tag?: unknown } | null
  return Cause.fail(new Error(typeof error?._tag === "string" ? error._tag : "InternalError"))
}
