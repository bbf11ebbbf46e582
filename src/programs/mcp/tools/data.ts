import { Effect, Schema } from "effect"
import { contractOf } from "../../answers/contract.ts"
import { readsOnly, tool } from "../tool.ts"

export const getDataSchema = tool({
  name: "get_data_schema",
  title: "Get a dataset's columns",
  description: `The columns of a dataset with their types (its contract): what is checked on every write, and what "query" sees. Empty while nothing has been written.`,
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
