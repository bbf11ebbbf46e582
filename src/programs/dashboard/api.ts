import { Schema } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import packageJson from "../../../package.json" with { type: "json" }
import * as bodies from "./bodies.ts"
import { Paging } from "./paging.ts"

const { failures } = bodies
const name = { name: Schema.String }
const html = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/html" }))

const connectors = HttpApiGroup.make("connectors").add(
  HttpApiEndpoint.get("list", "/connectors", { success: bodies.Connectors, error: failures(401, 422) }),
  HttpApiEndpoint.get("get", "/connectors/:name", {
    params: name,
    success: bodies.Connector,
    error: failures(401, 404, 422),
  }),
  /** Answers as soon as the run has an id; joins the one that this process is running. */
  HttpApiEndpoint.post("sync", "/connectors/:name/sync", {
    params: name,
    payload: [
      Schema.Struct({ full: Schema.optionalKey(Schema.Boolean), force: Schema.optionalKey(Schema.Boolean) }),
      Schema.Null,
    ],
    success: Schema.Struct({ runId: Schema.String }).pipe(HttpApiSchema.status(202)),
    error: failures(400, 401, 403, 404, 409, 422),
  }),
  HttpApiEndpoint.post("signIn", "/connectors/:name/auth/start", {
    params: name,
    success: Schema.Struct({ authorizeUrl: Schema.String }),
    error: failures(401, 403, 404, 409, 422, 502, 504),
  }),
  /** Where the provider sends the browser back to. */
  HttpApiEndpoint.get("signedIn", "/connectors/:name/auth/callback", { params: name, success: html }),
  HttpApiEndpoint.post("disconnect", "/connectors/:name/auth/disconnect", {
    params: name,
    success: Schema.Struct({ revoked: Schema.NullOr(Schema.Boolean) }),
    error: failures(401, 403, 404, 422, 500),
  }),
)

const runs = HttpApiGroup.make("runs").add(
  HttpApiEndpoint.get("list", "/runs", {
    query: { ...Paging, connector: Schema.optionalKey(Schema.String) },
    success: bodies.Runs,
    error: failures(400, 401, 404),
  }),
  HttpApiEndpoint.get("get", "/runs/:runId", {
    params: { runId: Schema.String },
    success: [bodies.FinishedRun, bodies.RunUnderWay],
    error: failures(401, 404),
  }),
  /** In whatever process it runs; answers when it has ended. */
  HttpApiEndpoint.post("cancel", "/runs/:runId/cancel", {
    params: { runId: Schema.String },
    success: bodies.Cancelled,
    error: failures(401, 403, 404, 409),
  }),
  HttpApiEndpoint.get("log", "/runs/:runId/log", {
    params: { runId: Schema.String },
    query: Paging,
    success: bodies.Lines,
    error: failures(400, 401, 404),
  }),
)

const datasets = HttpApiGroup.make("datasets").add(
  HttpApiEndpoint.get("list", "/datasets", { query: Paging, success: bodies.Datasets, error: failures(400, 401, 422) }),
  HttpApiEndpoint.get("get", "/datasets/:name", {
    params: name,
    success: bodies.Contract,
    error: failures(401, 404, 409, 422),
  }),
  HttpApiEndpoint.get("rows", "/datasets/:name/rows", {
    params: name,
    query: Paging,
    success: bodies.Rows,
    error: failures(400, 401, 404, 409, 422),
  }),
  /** Of its own, as counting a big file for the first time takes longer than a page of it. */
  HttpApiEndpoint.get("count", "/datasets/:name/count", {
    params: name,
    success: bodies.Count,
    error: failures(401, 404, 409, 422),
  }),
)

const checkpoints = HttpApiGroup.make("checkpoints").add(
  HttpApiEndpoint.get("list", "/checkpoints", {
    query: Paging,
    success: bodies.Checkpoints,
    error: failures(400, 401),
  }),
  /** What a rollback would take with it, before it is made. */
  HttpApiEndpoint.get("foresee", "/checkpoints/:id/rollback", {
    params: { id: Schema.String },
    success: bodies.Foreseen,
    error: failures(401, 404, 409),
  }),
  HttpApiEndpoint.post("rollback", "/checkpoints/:id/rollback", {
    params: { id: Schema.String },
    payload: [Schema.Struct({ force: Schema.optionalKey(Schema.Boolean) }), Schema.Null],
    success: bodies.RolledBack,
    error: failures(400, 401, 403, 404, 409),
  }),
)

const actions = HttpApiGroup.make("actions").add(
  HttpApiEndpoint.get("list", "/actions", { success: bodies.Actions, error: failures(401, 422) }),
  /** All of the calls, in their order, or none. */
  HttpApiEndpoint.post("run", "/actions/run", {
    payload: bodies.ActionCalls,
    success: bodies.ActionsDone,
    error: failures(400, 401, 403, 404, 409, 422),
  }),
)

const events = HttpApiGroup.make("events").add(
  /** Server-sent events; `Last-Event-ID` goes on where a client left off. */
  HttpApiEndpoint.get("listen", "/events", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/event-stream" })),
    error: failures(401, 503),
  }),
)

/** Everything that a program can ask of `openislands serve`; how it is answered is in `handlers/`. */
export const Api = HttpApi.make("openislands")
  .add(connectors, runs, datasets, checkpoints, actions, events)
  .prefix("/api")
  .annotate(OpenApi.Title, "OpenIslands")
  .annotate(OpenApi.Version, packageJson.version)
  // A misspelt key would pass for one that was left out.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
