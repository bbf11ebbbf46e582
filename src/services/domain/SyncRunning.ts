import { Schema } from "effect"

/** Only one process runs a connector at a time, and nothing undoes what a run is building on. */
export class SyncRunning extends Schema.TaggedError<SyncRunning>()("SyncRunning", {
  connector: Schema.String,
  pid: Schema.NullOr(Schema.Int),
  /** ISO 8601, UTC. */
  startedAt: Schema.NullOr(Schema.String),
  /** Null when it is no sync, and where it isn't known. */
  runId: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const holder = this.pid === null ? "" : ` (process ${this.pid}, since ${this.startedAt})`
    return `connector "${this.connector}" is running${holder}`
  }
  get suggestion() {
    const orEnd = this.runId === null ? "" : ` ("openislands cancel ${this.runId}" ends it)`
    return `Wait until it has finished, then try again${orEnd}.`
  }
}
