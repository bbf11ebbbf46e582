import { Effect, Schema } from "effect"
import { contractOf } from "../../answers/contract.ts"
import { QueryService } from "../../../services/QueryService.ts"
import { nothing, readsOnly, tool } from "../tool.ts"

const text = Schema.NullOr(Schema.String)
const column = { name: Schema.String, type: Schema.String }

export const listDatasets = tool({
  name: "list_datasets",
  title: "List datasets",
  description: `Every dataset of the project: its file or query, its columns with their types, and which connector's output writes to it ("outputs"). Call it before "query", to know the names.

"columns" is null while nothing has settled them, or while what a sql dataset reads is broken; "rows" is null where counting would take reading the file: ask query for count(*). "error" says what is wrong with one, with its "suggestion".`,
  input: nothing,
  output: Schema.Struct({
    datasets: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        kind: Schema.NullOr(Schema.Literals(["source", "sql"])),
        source: text,
        sql: text,
        table: text,
        format: text,
        exists: Schema.Boolean,
        rows: Schema.NullOr(Schema.Int),
        columns: Schema.NullOr(Schema.Array(Schema.Struct({ ...column, optional: Schema.Boolean }))),
        outputs: Schema.Array(Schema.Struct({ connector: Schema.String, output: Schema.String })),
        description: text,
        error: Schema.NullOr(Schema.Json),
      }),
    ),
  }),
  annotations: readsOnly,
  run: () => QueryService.use((queries) => queries.datasets).pipe(Effect.map((datasets) => ({ value: { datasets } }))),
})

export const query = tool({
  name: "query",
  title: "Query the datasets",
  description: `Answers one SELECT in DuckDB's SQL over the datasets by name; it sees nothing else and changes nothing. Aggregate in SQL instead of fetching rows: what comes back is meant for you to read.

"truncated" says that there are more rows than "limit" (100 by default). With "at" the datasets are read as they were right after that checkpoint of list_checkpoints, to compare before and after. DatasetNotFound: list_datasets has the names. QueryFailed has the line and column of the mistake, and names that may have been meant; QueryRefused means that it is no single SELECT over datasets; on QueryTimeout or QueryTooLarge ask for less. DatasetUnsettled: nothing has been written to it yet. SqlInvalid, SqlCycle, SqlUnknownDataset, SqlUnreadable: a sql dataset that it reads is broken, mend that file. UnknownCheckpoint: list_checkpoints has those that are kept; CannotReadAt says why a dataset cannot be read as it was.`,
  input: Schema.Struct({
    sql: Schema.NonEmptyString,
    at: Schema.optionalKey(Schema.NonEmptyString.annotate({ description: "A checkpoint_id" })),
    limit: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })).annotate({ description: "100 by default" }),
    ),
  }),
  output: Schema.Struct({
    columns: Schema.Array(Schema.Struct(column)),
    rows: Schema.Array(Schema.Record(Schema.String, Schema.Json)),
    truncated: Schema.Boolean,
  }),
  annotations: readsOnly,
  run: ({ sql, at = null, limit = 100 }) =>
    QueryService.use((queries) => queries.query(sql, { at, limit })).pipe(Effect.map((value) => ({ value }))),
})

export const getDataSchema = tool({
  name: "get_data_schema",
  title: "Get a dataset's columns",
  description: `The columns of a dataset with their types (its contract): what is checked on every write, and what "query" sees. Empty while nothing has been written. "optional" columns may be null or missing in a row; a "mixed" one is a string column of a CSV that began with a mix of types, so that values of any type fit it. "checkpoint_id" is null here: it is of a change of types, which is the user's to make ("openislands contract <dataset> --settle <column>=<type>"), and no tool does.

DatasetNotFound: list_datasets has the names; of a sql dataset it has the columns too. DatasetMalformed and DatasetChanged: the file was edited by hand and doesn't fit; tell the user the line that it names.`,
  input: Schema.Struct({ dataset: Schema.NonEmptyString }),
  output: Schema.Struct({
    dataset: Schema.String,
    columns: Schema.Array(
      Schema.Struct({ name: Schema.String, type: Schema.String, optional: Schema.Boolean, mixed: Schema.Boolean }),
    ),
    checkpoint_id: Schema.NullOr(Schema.String),
  }),
  annotations: readsOnly,
  run: ({ dataset }) => contractOf(dataset, new Map()).pipe(Effect.map((value) => ({ value }))),
})
