import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { openislands } from "../fixtures/cli.ts"
import { listen, request } from "../fixtures/http.ts"
import { connector, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { serving, servingWith } from "../fixtures/serving.ts"

const secret = "a-secret-that-nobody-may-see"
const failing = connector()
  .replace("outputs:", `secrets: ["KEY"], outputs:`)
  .replace("sync() {}", "async sync(ctx) { throw new Error(`refused ${ctx.secrets.KEY}`) }")
const project = temporaryProject({
  "manifest.json": manifest({ good: {}, bad: {} }),
  "connectors/good/index.ts": connector().replace(
    "sync() {}",
    `async sync(ctx) { await ctx.insert("rows", [{ a: 1 }, { a: 2 }]) }`,
  ),
  "connectors/bad/index.ts": failing,
  ".env": `KEY=${secret}\n`,
})

/** Takes what is sent to it, as an OpenTelemetry collector would. */
const collector = Effect.acquireRelease(
  Effect.callback<{ readonly origin: string; readonly got: Array<{ path: string; text: string }>; close(): void }>(
    (resume) => {
      const got: Array<{ path: string; text: string }> = []
      const server = createServer((request, response) => {
        let text = ""
        request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        request.on("end", () => {
          got.push({ path: request.url ?? "", text })
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      }).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ origin: `http://127.0.0.1:${port}`, got, close: () => server.close() }))
      })
    },
  ),
  (server) => Effect.sync(() => server.close()),
)

/** Of one line of what Prometheus reads. */
const value = (text: string, name: string) =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  )

const syncBoth = Effect.fnUntraced(function* (origin: string) {
  const client = yield* listen(origin)
  for (const name of ["good", "bad"]) {
    yield* request(origin, `/api/connectors/${name}/sync`, { method: "POST" })
    yield* client.until(({ type, connector }) => type === "finished" && connector === name)
  }
  return client
})

describe("what openislands serve tells those who run it", () => {
  it.live("JSON lines: where it serves, each run's start and end, and requests when it is asked for them", () =>
    Effect.gen(function* () {
      const root = yield* project
      const { origin, stop } = yield* serving(root, "--log", "json", "--log-level", "debug")
      yield* syncBoth(origin)
      yield* request(origin, "/api/connectors/good/auth/callback?code=the-code&state=x")
      const { stderr } = yield* stop("SIGTERM")
      const lines = stderr
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
      const of = (event: string) => lines.filter((line) => line.event === event)
      assert.deepEqual(
        of("started").map((line) => line.connector),
        ["good", "bad"],
      )
      assert.deepInclude(of("serving")[0], { level: "info", origin, directory: root })
      const [good, bad] = of("finished")
      assert.deepInclude(good, { level: "info", connector: "good", trigger: "http", outcome: "success" })
      assert.strictEqual(good.datasets.good.rows, 2)
      assert.deepInclude(bad, { level: "warn", connector: "bad", outcome: "failure" })
      assert.strictEqual(bad.error._tag, "ConnectorFailed")
      assert.deepInclude(
        of("request").find(({ path }) => path === "/api/connectors/good/sync"),
        { level: "debug", method: "POST", status: 202 },
      )
      for (const line of lines) assert.match(line.time, /^\d{4}-.*Z$/)
      assert.notInclude(stderr, secret)
      assert.notInclude(stderr, "the-code")
    }),
  )

  it.live("metrics for Prometheus, without names or secrets", () =>
    Effect.gen(function* () {
      const root = yield* project
      const { origin, stop } = yield* serving(root)
      const read = Effect.map(request(origin, "/metrics"), ({ text, headers, status }) => {
        assert.strictEqual(status, 200)
        assert.include(headers["content-type"], "text/plain")
        return text
      })
      const before = yield* read
      assert.strictEqual(value(before, 'openislands_runs_total{outcome="success"}'), 0)
      yield* syncBoth(origin)
      const text = yield* read
      assert.strictEqual(value(text, 'openislands_runs_total{outcome="success"}'), 1)
      assert.strictEqual(value(text, 'openislands_runs_total{outcome="failure"}'), 1)
      assert.strictEqual(value(text, 'openislands_rows_total{mode="insert"}'), 2)
      assert.strictEqual(value(text, "openislands_run_duration_seconds_count"), 2)
      assert.strictEqual(value(text, "openislands_event_clients"), 1)
      assert.strictEqual(value(text, "openislands_runs_under_way"), 0)
      assert.strictEqual(value(text, "openislands_scheduler_lag_seconds"), 0)
      assert.match(text, /^# TYPE openislands_runs_total counter$/m)
      assert.notMatch(text, /good|bad/)
      assert.notInclude(text, secret)
      yield* stop("SIGTERM")
    }),
  )

  it.live("which variable of telemetry makes no sense, and nothing of a bug", () =>
    Effect.gen(function* () {
      const root = yield* project
      const usable = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }
      for (const [env, told] of [
        [
          { OTEL_EXPORTER_OTLP_ENDPOINT: "not a url" },
          /^error: OTEL_EXPORTER_OTLP_ENDPOINT in .* has to be a valid URL/,
        ],
        [{ ...usable, OTEL_SDK_DISABLED: "maybe" }, /^error: OTEL_SDK_DISABLED in .* has to be "true" or "yes" or/],
      ] as const) {
        const { code, stderr } = yield* openislands(["serve", "--port", "0"], { cwd: root, env })
        assert.strictEqual(code, 1)
        assert.match(stderr, told)
        assert.notMatch(stderr, /bug|ConfigError/)
      }
    }),
  )

  it.live("traces and metrics to an OpenTelemetry collector, if one is named", () =>
    Effect.gen(function* () {
      const root = yield* project
      const { origin: endpoint, got } = yield* collector
      const { origin, stop } = yield* servingWith(
        {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_SERVICE_NAME: "my-islands",
        },
        root,
      )
      yield* syncBoth(origin)
      yield* request(origin, "/api/connectors/good/auth/callback?code=the-code&state=x")
      yield* stop("SIGTERM")
      const all = JSON.stringify(got)
      const texts = (path: string) => got.filter((one) => one.path === path).map(({ text }) => text)
      const spans = texts("/v1/traces").join("\n")
      assert.isTrue(spans.includes("SyncService.sync"))
      assert.isTrue(spans.includes("my-islands"))
      assert.isTrue(texts("/v1/metrics").join("").includes("openislands_runs_total"))
      const traces = new Set(spans.match(/"traceId":"\w+"/g))
      assert.isAbove(traces.size, 4, "a server's life is more than one trace")
      assert.isFalse(all.includes(secret))
      assert.notMatch(all.match(/.{300}the-code.{100}/)?.[0] ?? "", /the-code/)
    }),
  )
})
