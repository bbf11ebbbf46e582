import { Effect, Schema } from "effect"
import type { UnknownOutput } from "./ManifestProblem.ts"
import { toldRow } from "./toldRow.ts"

/** Where in the user's own source; null where the guest left no stack. `file` is relative to the project root. */
const source = {
  file: Schema.NullOr(Schema.String),
  line: Schema.NullOr(Schema.Int),
  column: Schema.NullOr(Schema.Int),
}

/** The last lines that it logged or printed before; secrets are taken out of them where a run is recorded. */
const log = Schema.Array(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed([])))

/** What the manifest would have to grant; null when it was refused nothing. The connector's word for it. */
const refused = Schema.NullOr(
  Schema.Struct({ permission: Schema.Literals(["net", "read"]), value: Schema.String }),
).pipe(Schema.withConstructorDefault(Effect.succeed(null)))

/** The status of the answer that it failed for, 200 of one that was no JSON; null when none was named. */
const providerStatus = Schema.NullOr(Schema.Int).pipe(Schema.withConstructorDefault(Effect.succeed(null)))

/** How it says who it is, and the keys of `.env` whose values it sends for that; null when that isn't known. */
const access = Schema.NullOr(
  Schema.Struct({
    auth: Schema.Literals(["none", "bearer", "oauth2", "oauth2-client-credentials"]),
    keys: Schema.Array(Schema.String),
  }),
).pipe(Schema.withConstructorDefault(Effect.succeed(null)))
export type Access = NonNullable<typeof access.Type>

const placed = (place: { file: string | null; line: number | null; column: number | null }): string =>
  place.file === null ? "" : ` (${place.file}:${place.line}:${place.column})`

/** `sync` threw, or a promise that nobody awaited was rejected. */
export class ConnectorFailed extends Schema.TaggedError<ConnectorFailed>()("ConnectorFailed", {
  connector: Schema.String,
  detail: Schema.String,
  log,
  /** The connector, or the network, says that trying again may help. */
  retryable: Schema.Boolean,
  /** Milliseconds that the provider wants to be left alone; null if it didn't say. */
  retryAfter: Schema.NullOr(Schema.Int),
  refused,
  providerStatus,
  access,
  ...source,
}) {
  override get message() {
    return `connector "${this.connector}" failed: ${this.detail}${placed(this)}`
  }
  get suggestion() {
    return `Nothing was written. ${wayOn(this)}`
  }
}

/** How systems call it where no host of that name is known, or none listens there. */
const neverThere = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED)\b/

const wayOn = (failed: ConnectorFailed): string => {
  const { connector, detail, refused, retryable, providerStatus, access, file, line } = failed
  if (refused !== null) {
    const { permission, value } = refused
    return `The user decides what it may ${permission === "net" ? "reach" : "read"}: if that is to be, add ${JSON.stringify(value)} to "${permission}" under "permissions" of connector "${connector}" in manifest.json.`
  }
  if (retryable) {
    const check = neverThere.test(detail)
      ? "If it doesn't, see that this machine is online and the address is right."
      : ""
    return `It may work when you sync again. ${check}`.trimEnd()
  }
  if (providerStatus === 401 || providerStatus === 403)
    return `The provider doesn't let it in: ${wayIn(connector, access)}`
  const place = file === null ? "the connector's code" : `${file}:${line}`
  if (providerStatus !== null && providerStatus < 300)
    return `The provider may be out of order for now: it may work when you sync again. If it doesn't, the address may be wrong: check it at ${place}.`
  const check =
    providerStatus === null
      ? `Correct ${place}`
      : `The provider doesn't take the request: check its URL and what it sends, and correct ${place}`
  return `${check}, then look with "openislands preview ${connector}" whether it works.`
}

const wayIn = (connector: string, access: Access | null): string => {
  if (access === null) return "check the token or key that it sends, and what that may be used for."
  const keys = access.keys.join(" and ")
  if (access.auth === "oauth2") {
    const also = keys === "" ? "" : ` It sends ${keys} of .env, too.`
    return `sign in again (run "openislands serve", open the dashboard and click Connect on "${connector}"), or see that the scopes in its auth allow what it asks for.${also}`
  }
  if (keys !== "") return `check ${keys} in .env, and what ${access.keys.length === 1 ? "it" : "each"} may be used for.`
  return "it sends no token or key, for it declares none. If the provider wants one, name it under auth or secrets in its defineConnector."
}

/** It failed because the provider wants to be left alone, for longer than a run waits. */
export class RetryLater extends Schema.TaggedError<RetryLater>()("RetryLater", {
  connector: Schema.String,
  detail: Schema.String,
  /** ISO 8601, UTC. */
  retryAt: Schema.String,
  log,
  ...source,
}) {
  override get message() {
    return `connector "${this.connector}" failed: ${this.detail}${placed(this)}`
  }
  get suggestion() {
    return `Nothing was written. The provider wants to be left alone until ${this.retryAt}: sync again then.`
  }
}

/** The guest's process ended by itself: `process.exit`, out of memory, a signal. */
export class ConnectorCrashed extends Schema.TaggedError<ConnectorCrashed>()("ConnectorCrashed", {
  connector: Schema.String,
  detail: Schema.String,
  /** `exit`: it ended its process. `channel`: it meddled with its way to the host. Null when it isn't known. */
  why: Schema.NullOr(Schema.Literals(["exit", "memory", "signal", "channel", "start"])).pipe(
    Schema.withConstructorDefault(Effect.succeed(null)),
  ),
  log,
}) {
  override get message() {
    return `connector "${this.connector}" crashed: ${this.detail}`
  }
  get suggestion() {
    const preview = `then look with "openislands preview ${this.connector}" whether it works.`
    return `Nothing was written. ${endings[this.why ?? "exit"]}${this.why === "signal" || this.why === "start" ? "." : `, ${preview}`}`
  }
}

const endings = {
  exit: "A connector must not end its process: let sync(ctx) return, or throw an error that says why",
  memory: "Give it less to hold: pass rows as an async generator, page by page, instead of gathering them",
  signal:
    "The system may have ended it for want of memory, or its own code: sync again, and look at the code if it stays so",
  channel: "Its code writes to descriptors that it must not touch: leave them alone",
  start: "The system starts no process for it: see that memory and processes are left, and sync again",
} as const

export class ConnectorTimeout extends Schema.TaggedError<ConnectorTimeout>()("ConnectorTimeout", {
  connector: Schema.String,
  milliseconds: Schema.Int,
  log,
}) {
  override get message() {
    return `connector "${this.connector}" was stopped: it took longer than ${this.milliseconds / 1000} s`
  }
  get suggestion() {
    return 'Nothing was written. If it needs that long, set its "timeout" in manifest.json, for example "1h".'
  }
}

/**
 * A row that no file could hold, or that its output's schema or key refuses. `row` is 0-based, since the last commit; the
 * message counts from 1.
 */
export class RowError extends Schema.TaggedError<RowError>()("RowError", {
  connector: Schema.String,
  output: Schema.String,
  dataset: Schema.NullOr(Schema.String),
  row: Schema.Int,
  /** For a person: `id 7`; null where the output has no key, or the row no value of it. */
  key: Schema.NullOr(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed(null))),
  /** Null when the row as a whole is at fault. */
  column: Schema.NullOr(Schema.String),
  expected: Schema.String,
  got: Schema.String,
  /** The connector's `file:line:column` that wrote the row; null where the guest left no stack. */
  source: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const where = this.column === null ? "" : `, column "${this.column}"`
    const target = this.dataset === null ? "" : ` (dataset "${this.dataset}")`
    return `${toldRow(this.row, this.key)} of output "${this.output}"${target}${where}: expected ${this.expected}, got ${this.got}${
      this.source === null ? "" : ` (${this.source})`
    }`
  }
  get suggestion() {
    return "Nothing was written. Shape the row in the connector before it is inserted."
  }
}

/** `ctx.state` holds something that JSON cannot. */
export class StateNotJson extends Schema.TaggedError<StateNotJson>()("StateNotJson", {
  connector: Schema.String,
  detail: Schema.String,
  /** The connector's definition: nobody knows which line put it there. */
  ...source,
}) {
  override get message() {
    return `ctx.state of connector "${this.connector}" cannot be kept: ${this.detail}${placed(this)}`
  }
  get suggestion() {
    return "Nothing was written. Keep plain values in ctx.state: text, numbers, booleans, null, arrays and objects."
  }
}

export type GuestError = ConnectorCrashed | ConnectorFailed | ConnectorTimeout | RowError | StateNotJson | UnknownOutput
