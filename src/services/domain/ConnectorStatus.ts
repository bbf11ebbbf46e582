import { Schema } from "effect"

/** ISO 8601, UTC. */
const Time = Schema.String
const Document = Schema.NullOr(Schema.Json)

/** What every face shows of a connector. Absent is null, never left out. */
export const ConnectorStatus = Schema.Struct({
  name: Schema.String,
  description: Schema.NullOr(Schema.String),
  module: Schema.NullOr(Schema.String),
  auth: Schema.NullOr(Schema.Literals(["none", "bearer", "oauth2", "oauth2-client-credentials"])),
  connected: Schema.Boolean,
  missingSecrets: Schema.Array(Schema.String),
  lastSync: Schema.NullOr(Time),
  lastSuccess: Schema.NullOr(Time),
  lastError: Document,
  /** The manifest's value, falling back to the connector's default: an interval, a cron expression or `{cron, timeZone}`. */
  schedule: Schema.Json,
  /** When it is due; now when it is overdue, null when it doesn't run by itself. */
  nextSync: Schema.NullOr(Time),
  /** Why then, or why not: a phrase. */
  nextSyncReason: Schema.String,
  /** Why its data are older than its schedule promises: a phrase. Null while they are not, and without a schedule. */
  stale: Schema.NullOr(Schema.String),
  loadError: Document,
  /** Output -> dataset. */
  datasets: Schema.Record(Schema.String, Schema.String),
  permissions: Schema.Struct({
    read: Schema.Array(Schema.String),
    net: Schema.NullOr(Schema.Array(Schema.String)),
  }),
  /** `runId` is null while something else than a sync holds it, a rollback say. */
  running: Schema.NullOr(Schema.Struct({ pid: Schema.Int, startedAt: Time, runId: Schema.NullOr(Schema.String) })),
})
export type ConnectorStatus = typeof ConnectorStatus.Type
