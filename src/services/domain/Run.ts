import { Schema } from "effect"

/** ISO 8601, UTC. */
const Time = Schema.String

/** A change of a dataset's columns that went through with a run. */
export const SchemaChange = Schema.Struct({
  dataset: Schema.String,
  column: Schema.String,
  change: Schema.Literals(["added", "widened", "settled", "missing"]),
  from: Schema.NullOr(Schema.String),
  to: Schema.NullOr(Schema.String),
})
export type SchemaChange = typeof SchemaChange.Type

export const Mode = Schema.Literals(["insert", "replace", "upsert"])
export type Mode = typeof Mode.Type

/** What became of the rows of an upsert: each key once in a commit, and added up over the commits of a run. */
export const Upserted = Schema.Struct({
  /** The dataset had no row with the key. */
  new: Schema.Int,
  /** It had another one. */
  changed: Schema.Int,
  /** It had the same one. */
  unchanged: Schema.Int,
})
export type Upserted = typeof Upserted.Type

export const Trigger = Schema.Literals(["cli", "schedule", "http", "mcp"])
export type Trigger = typeof Trigger.Type

/** One run of one connector, as `sync --json` and every other face show it. Absent is null, never left out. */
export const Run = Schema.Struct({
  runId: Schema.String,
  connector: Schema.String,
  trigger: Trigger,
  startedAt: Time,
  durationMs: Schema.Int,
  /** `skipped`: another process was running it. `partial`: some of it was committed before a later part failed. */
  outcome: Schema.Literals(["success", "partial", "failure", "skipped"]),
  /** By dataset. */
  datasets: Schema.Record(Schema.String, Schema.Struct({ output: Schema.String, mode: Mode, rows: Schema.Int })),
  /** By dataset; only of what was upserted, not of an upsert that `--full` made a replace. */
  upserted: Schema.Record(Schema.String, Upserted),
  /** By output that no dataset is mapped to: rows that were checked, counted and dropped. */
  dropped: Schema.Record(Schema.String, Schema.Int),
  schemaChanges: Schema.Array(SchemaChange),
  /** The newest of the run's; null when nothing changed. */
  checkpoint_id: Schema.NullOr(Schema.String),
  /** An ErrorDocument. */
  error: Schema.NullOr(Schema.Json),
})
export type Run = typeof Run.Type

/** As lists show it. `running`: it is under way, and this is what it has committed so far. */
export const ListedRun = Schema.Struct({
  ...Run.fields,
  outcome: Schema.Literals([...Run.fields.outcome.literals, "running"]),
})
export type ListedRun = typeof ListedRun.Type
