import { Schema } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import packageJson from "../../../package.json" with { type: "json" }
import * as bodies from "./bodies.ts"
import { toldInFull } from "./openApi.ts"
import { Limit, Paging } from "./paging.ts"

const { failures } = bodies
const name = { name: Schema.String }
const html = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/html" }))
const pages = (...codes: ReadonlyArray<number>) => codes.map((code) => html.pipe(HttpApiSchema.status(code)))

const connectors = HttpApiGroup.make("connectors").add(
  HttpApiEndpoint.get("list", "/connectors", { success: bodies.Connectors, error: failures(401, 422) }).annotate(
    OpenApi.Summary,
    "Every connector and how it is, as `openislands status --json`",
  ),
  HttpApiEndpoint.get("get", "/connectors/:name", {
    params: name,
    success: bodies.Connector,
    error: failures(401, 404, 422),
  }).annotate(OpenApi.Summary, "One connector, its redirect URI and its config"),
  HttpApiEndpoint.post("sync", "/connectors/:name/sync", {
    params: name,
    payload: [
      Schema.Struct({ full: Schema.optionalKey(Schema.Boolean), force: Schema.optionalKey(Schema.Boolean) }),
      Schema.Null,
    ],
    success: Schema.Struct({ runId: Schema.String }).pipe(HttpApiSchema.status(202)),
    error: failures(400, 401, 403, 404, 409, 422, 503),
  })
    .annotate(
      OpenApi.Summary,
      "Starts a sync and answers at once; while this process runs the connector, the id is that of its run",
    )
    .annotate(
      OpenApi.Description,
      "A failure that it answers keeps any run from beginning: no such connector (404), a run under way that cannot be joined (409), a manifest that cannot be read (422), a server that stops (503). All else that goes wrong, a missing secret or sign-in and a connector that doesn't load as well, is a run that failed: `GET /api/runs/{runId}` has its `error`.",
    ),
  HttpApiEndpoint.post("signIn", "/connectors/:name/auth/start", {
    params: name,
    success: Schema.Struct({ authorizeUrl: Schema.String }),
    error: failures(401, 403, 404, 409, 422, 502, 504),
  }).annotate(OpenApi.Summary, "Begins a sign-in: the page of the provider to which a human's browser has to go"),
  HttpApiEndpoint.get("signedIn", "/connectors/:name/auth/callback", {
    params: name,
    success: html,
    error: pages(400, 409, 422, 500, 502, 504),
  }).annotate(
    OpenApi.Summary,
    "Where the provider sends the browser back to; its answer is a page for people, also where the sign-in failed",
  ),
  HttpApiEndpoint.post("disconnect", "/connectors/:name/auth/disconnect", {
    params: name,
    success: Schema.Struct({ revoked: Schema.NullOr(Schema.Boolean) }),
    error: failures(401, 403, 404, 422, 500),
  })
    .annotate(OpenApi.Summary, "Forgets the tokens, and has the provider revoke them where it can")
    .annotate(
      OpenApi.Description,
      "`revoked` says whether the provider was told: true when it has revoked them; false when it could not be told, and the tokens are forgotten here only; null when there was nothing to tell, as it has no place for that (`revocationUrl`) or there were no tokens.",
    ),
)

const runs = HttpApiGroup.make("runs").add(
  HttpApiEndpoint.get("list", "/runs", {
    query: { ...Paging, connector: Schema.optionalKey(Schema.String) },
    success: bodies.Runs,
    error: failures(400, 401, 404),
  }).annotate(
    OpenApi.Summary,
    "What has run or is running, the newest first, as `openislands runs --json`; `connector` narrows it to one",
  ),
  HttpApiEndpoint.get("get", "/runs/:runId", {
    params: { runId: Schema.String },
    success: [bodies.FinishedRun, bodies.RunUnderWay],
    error: failures(401, 404),
  }).annotate(OpenApi.Summary, "One run, also one that is under way"),
  HttpApiEndpoint.post("cancel", "/runs/:runId/cancel", {
    params: { runId: Schema.String },
    success: bodies.Cancelled,
    error: failures(401, 403, 404, 409),
  }).annotate(OpenApi.Summary, "Ends a run in whatever process it runs, and answers when it has ended"),
  HttpApiEndpoint.get("log", "/runs/:runId/log", {
    params: { runId: Schema.String },
    query: { ...Paging, last: Schema.optionalKey(Limit) },
    success: bodies.Lines,
    error: failures(400, 401, 404),
  }).annotate(OpenApi.Summary, "What a run logged and printed; with `last` instead of a page so many lines at its end"),
)

const datasets = HttpApiGroup.make("datasets").add(
  HttpApiEndpoint.get("list", "/datasets", {
    query: Paging,
    success: bodies.Datasets,
    error: failures(400, 401, 422),
  }).annotate(OpenApi.Summary, "The datasets of the manifest"),
  HttpApiEndpoint.get("get", "/datasets/:name", {
    params: name,
    success: bodies.Contract,
    error: failures(401, 404, 409, 422),
  }).annotate(OpenApi.Summary, "The columns of a dataset and their types, as `openislands contract --json`"),
  HttpApiEndpoint.get("rows", "/datasets/:name/rows", {
    params: name,
    query: Paging,
    success: bodies.Rows,
    error: failures(400, 401, 404, 409, 422),
  }).annotate(
    OpenApi.Summary,
    "The rows of a dataset, a page at a time; a page costs little more than it holds, wherever it lies",
  ),
  // Of its own, as counting a big file for the first time takes longer than a page of it.
  HttpApiEndpoint.get("count", "/datasets/:name/count", {
    params: name,
    success: bodies.Count,
    error: failures(401, 404, 409, 422),
  }).annotate(OpenApi.Summary, "How many rows a dataset has"),
)

const checkpoints = HttpApiGroup.make("checkpoints").add(
  HttpApiEndpoint.get("list", "/checkpoints", {
    query: Paging,
    success: bodies.Checkpoints,
    error: failures(400, 401),
  }).annotate(OpenApi.Summary, "The checkpoints, the newest first, as `openislands history --json`"),
  HttpApiEndpoint.get("foresee", "/checkpoints/:id/rollback", {
    params: { id: Schema.String },
    success: bodies.Foreseen,
    error: failures(401, 404, 409),
  }).annotate(OpenApi.Summary, "What a rollback of this checkpoint would take with it; changes nothing"),
  HttpApiEndpoint.post("rollback", "/checkpoints/:id/rollback", {
    params: { id: Schema.String },
    payload: [Schema.Struct({ force: Schema.optionalKey(Schema.Boolean) }), Schema.Null],
    success: bodies.RolledBack,
    error: failures(400, 401, 403, 404, 409),
  }).annotate(
    OpenApi.Summary,
    "Undoes a checkpoint, as `openislands rollback <id> --json`; `force` goes on over what was added by hand behind the synced rows",
  ),
)

const actions = HttpApiGroup.make("actions").add(
  HttpApiEndpoint.get("list", "/actions", { success: bodies.Actions, error: failures(401, 422) }).annotate(
    OpenApi.Summary,
    "The actions of the manifest and what each field takes, as `openislands actions --json`",
  ),
  HttpApiEndpoint.post("run", "/actions/run", {
    payload: bodies.ActionCalls,
    success: bodies.ActionsDone,
    error: failures(400, 401, 403, 404, 409, 422),
  }).annotate(OpenApi.Summary, "Does all of the calls, in their order, as one transaction, or none of them"),
)

const events = HttpApiGroup.make("events").add(
  HttpApiEndpoint.get("listen", "/events", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/event-stream" })),
    error: failures(401, 503),
  }).annotate(
    OpenApi.Summary,
    "What happens in the project, as server-sent events; `Last-Event-ID` goes on where a client left off",
  ),
)

/** Everything that a program can ask of `openislands serve`; how it is answered is in `handlers/`. */
export const Api = HttpApi.make("openislands")
  .add(connectors, runs, datasets, checkpoints, actions, events)
  .prefix("/api")
  .annotate(OpenApi.Title, "OpenIslands")
  .annotate(OpenApi.Version, packageJson.version)
  .annotate(OpenApi.Transform, toldInFull)
  // A misspelt key would pass for one that was left out.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
