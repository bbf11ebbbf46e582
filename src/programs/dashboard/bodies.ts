import { Schema } from "effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { ActionInfo, ActionsDone as Done } from "../../services/domain/Action.ts"
import { Checkpoint, Turned } from "../../services/domain/Checkpoint.ts"
import { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import { ListedRun, Run } from "../../services/domain/Run.ts"

/** As `openislands ... --json` prints it, and each list says where it goes on. */
const nextCursor = Schema.NullOr(Schema.String)

const ErrorDocument = Schema.StructWithRest(
  Schema.Struct({ _tag: Schema.String, message: Schema.String, suggestion: Schema.NullOr(Schema.String) }),
  [Schema.Record(Schema.String, Schema.Json)],
)

export const Connectors = Schema.Struct({
  connectors: Schema.Array(ConnectorStatus),
  /** What is wrong with the manifest, at its place: the connectors are those of the last good one then. */
  error: Schema.optionalKey(ErrorDocument),
})

export const Connector = Schema.Struct({
  ...ConnectorStatus.fields,
  /** To be registered with the provider; null for what has no sign-in. */
  redirectUri: Schema.NullOr(Schema.String),
  /** As written in the manifest; null when it says nothing, or not as it should be. */
  config: Schema.Json,
})

export const Runs = Schema.Struct({ runs: Schema.Array(ListedRun), nextCursor })

export const FinishedRun = Run

/** A run that has not ended. */
export const RunUnderWay = Schema.Struct({
  runId: Schema.String,
  connector: Schema.String,
  startedAt: Schema.String,
  outcome: Schema.Literal("running"),
  /** Rows checked so far, by output. */
  rows: Schema.Record(Schema.String, Schema.Int),
})

export const Cancelled = Schema.Struct({ runId: Schema.String, cancelled: Schema.Boolean })

const Line = Schema.Struct({
  stream: Schema.Literals(["log", "stdout", "stderr"]),
  text: Schema.String,
  at: Schema.String,
})
export const Lines = Schema.Struct({ lines: Schema.Array(Line), nextCursor })

export const Datasets = Schema.Struct({
  datasets: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      kind: Schema.Literals(["source", "sql"]),
      /** As written in the manifest; null for a sql dataset. */
      source: Schema.NullOr(Schema.String),
      /** The file of its query, relative to the project; null for a source. */
      sql: Schema.NullOr(Schema.String),
      table: Schema.NullOr(Schema.String),
      format: Schema.NullOr(Schema.Literals(["csv", "json", "jsonl", "parquet", "sqlite"])),
      description: Schema.NullOr(Schema.String),
    }),
  ),
  nextCursor,
})

export const Contract = Schema.Struct({
  dataset: Schema.String,
  columns: Schema.Array(
    Schema.Struct({ name: Schema.String, type: Schema.String, optional: Schema.Boolean, mixed: Schema.Boolean }),
  ),
  checkpoint_id: Schema.NullOr(Schema.String),
})

/** Integers stand in full digits, beyond what JavaScript's numbers hold as well. */
export const Rows = Schema.Struct({
  dataset: Schema.String,
  rows: Schema.Array(Schema.Record(Schema.String, Schema.Json)),
  nextCursor,
})

export const Count = Schema.Struct({ dataset: Schema.String, rows: Schema.Int })

export const Checkpoints = Schema.Struct({ checkpoints: Schema.Array(Checkpoint), nextCursor })

export const Foreseen = Schema.Struct({
  undone: Schema.Array(Schema.String),
  redone: Schema.Array(Schema.String),
  datasets: Checkpoint.fields.datasets,
  /** By dataset, as `datasets`. */
  turned: Schema.Record(Schema.String, Turned),
})

export const RolledBack = Schema.Struct({ checkpoint_id: Schema.String, ...Foreseen.fields })

export const Actions = Schema.Struct({ actions: Schema.Array(ActionInfo) })

export const ActionsDone = Done

const Cells = Schema.Record(Schema.String, Schema.Json)
export const ActionCalls = Schema.Struct({
  calls: Schema.Array(
    Schema.Struct({
      action: Schema.String,
      /** Of insert and replace. */
      rows: Schema.optionalKey(Schema.Array(Schema.Json)),
      /** Of delete and update: which rows, by equality; null equals null. */
      match: Schema.optionalKey(Cells),
      /** Of update. */
      set: Schema.optionalKey(Cells),
    }),
  ),
})

/** Whatever went wrong, in the words of every other face. */
const Failure = Schema.Struct({ error: ErrorDocument })

/** For the document only: failures are answered before they reach what would encode them. */
export const failures = (...codes: ReadonlyArray<number>) =>
  codes.map((code) => Failure.pipe(HttpApiSchema.status(code)))
