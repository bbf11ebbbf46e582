import { ConfigProvider, Layer } from "effect"
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

/** Sends traces, metrics and logs where the standard `OTEL_*` variables say; what is left goes when it ends. */
export const telemetry = (env: Readonly<Record<string, string | undefined>>): Layer.Layer<never> =>
  layerFromConfig({ loggerMergeWithExisting: true }).pipe(
    Layer.provide(env["OTEL_EXPORTER_OTLP_PROTOCOL"] === "http/json" ? layerJson : layerProtobuf),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...defaults, ...env }))),
  )
