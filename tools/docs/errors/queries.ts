import {
  CannotReadAt,
  DatasetUnsettled,
  QueryCrashed,
  QueryFailed,
  QueryRefused,
  QueryTimeout,
  QueryTooLarge,
} from "../../../src/services/domain/QueryError.ts"
import { SqlCycle, SqlInvalid, SqlUnknownDataset, SqlUnreadable } from "../../../src/services/domain/SqlProblem.ts"
import type { ErrorChapter } from "./chapter.ts"

const at = { file: "sql/hot_days.sql", path: "datasets.hot_days.sql", line: 1, column: 15, dataset: "hot_days" }

export const queries: ErrorChapter = {
  title: "Queries",
  where:
    "`query` and the tool of that name. `Sql...` are about sql datasets: `validate` tells them at their place in the .sql file.",
  examples: [
    [
      new QueryRefused({ detail: "it is no SELECT", next: "Write one SELECT; nothing else can be done by a query." }),
      "What was asked is more than a query may be. Nothing was run.",
    ],
    [
      new QueryFailed({
        detail: 'Referenced column "hottest" not found in FROM clause!',
        line: 1,
        column: 8,
        candidates: ["temp_max"],
      }),
      "DuckDB says no: to a name, to a type, or to a value that came up on the way.",
    ],
    [new QueryTimeout({ seconds: 30 }), "The query took too long, and its process was ended."],
    [
      new QueryTooLarge({ detail: "its first row alone has more than 32 MiB" }),
      "The query needs too much memory or disk, or a row of it is too large.",
    ],
    [
      new QueryCrashed({ detail: "SIGKILL" }),
      "The process that ran the query ended by itself; whoever asked is unharmed.",
    ],
    [
      new DatasetUnsettled({ dataset: "people", checkpoint: null, connectors: ["people"], actions: [] }),
      "A dataset without columns cannot be asked for any.",
    ],
    [
      new CannotReadAt({
        checkpoint: "00000002-4dc2",
        dataset: "people",
        detail: "data/people.csv was edited since",
      }),
      "The history doesn't tell how a dataset was at that checkpoint.",
    ],
    [
      new SqlUnreadable({ ...at, file: "manifest.json", sql: "sql/hot_days.sql", code: "ENOENT" }),
      "The file of a sql dataset is not there, or cannot be read.",
    ],
    [
      new SqlUnknownDataset({ ...at, unknown: "observation", isBroken: false, didYouMean: "observations" }),
      "A sql dataset reads a dataset that isn't declared, or not as it should be.",
    ],
    [
      new SqlCycle({ ...at, cycle: ["hot_days", "hot_weeks", "hot_days"] }),
      "A sql dataset reads itself, by way of others.",
    ],
    [
      new SqlInvalid({
        ...at,
        detail: 'Referenced column "hottest" not found in FROM clause!',
        candidates: ["temp_max"],
      }),
      "A sql dataset is not one SELECT, or one that DuckDB refuses.",
    ],
  ],
}
