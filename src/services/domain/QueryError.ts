import { Schema } from "effect"

/** What was asked is more than a query may be: one SELECT over datasets. Nothing was run. */
export class QueryRefused extends Schema.TaggedError<QueryRefused>()("QueryRefused", {
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    return `the query is refused: ${this.detail}`
  }
  get suggestion() {
    return this.next
  }
}

/** DuckDB says no: to a name, to a type, or to a value that came up on the way. */
export class QueryFailed extends Schema.TaggedError<QueryFailed>()("QueryFailed", {
  detail: Schema.String,
  /** 1-based, where in the query; null where DuckDB doesn't say. */
  line: Schema.NullOr(Schema.Int),
  column: Schema.NullOr(Schema.Int),
  /** Names that may have been meant. */
  candidates: Schema.Array(Schema.String),
}) {
  override get message() {
    return this.line === null ? this.detail : `line ${this.line}, column ${this.column}: ${this.detail}`
  }
  get suggestion() {
    if (this.candidates.length > 0) return `Did you mean ${this.candidates.map((name) => `"${name}"`).join(" or ")}?`
    return 'Correct the query; it is DuckDB\'s SQL. "openislands datasets" lists the datasets and their columns.'
  }
}

export class QueryTimeout extends Schema.TaggedError<QueryTimeout>()("QueryTimeout", { seconds: Schema.Number }) {
  override get message() {
    return `the query was stopped: it took more than ${this.seconds} seconds`
  }
  get suggestion() {
    return "Ask for less: join on a key, filter before joining, or aggregate."
  }
}

export class QueryTooLarge extends Schema.TaggedError<QueryTooLarge>()("QueryTooLarge", { detail: Schema.String }) {
  override get message() {
    return `the query was stopped: ${this.detail}`
  }
  get suggestion() {
    return "Ask for less at a time: fewer columns, shorter texts, a filter, or an aggregate."
  }
}

/** The process that ran it ended by itself; whoever asked is unharmed. */
export class QueryCrashed extends Schema.TaggedError<QueryCrashed>()("QueryCrashed", { detail: Schema.String }) {
  override get message() {
    return `the query's process ended before it answered: ${this.detail}`
  }
  get suggestion() {
    return "Try again; if it happens again, write the query in another way."
  }
}

const named = (names: ReadonlyArray<string>): string => names.map((name) => `"${name}"`).join(" or ")

/** A dataset without columns cannot be asked for any. */
export class DatasetUnsettled extends Schema.TaggedError<DatasetUnsettled>()("DatasetUnsettled", {
  dataset: Schema.String,
  /** Null: as it is now. */
  checkpoint: Schema.NullOr(Schema.String),
  /** Those that write to it, as the manifest has them. */
  connectors: Schema.Array(Schema.String),
  actions: Schema.Array(Schema.String),
}) {
  override get message() {
    const then = this.checkpoint === null ? "is empty" : `was empty at checkpoint ${this.checkpoint}`
    return `dataset "${this.dataset}" ${then}: its first rows settle its columns`
  }
  get suggestion() {
    const ways = [
      ...(this.connectors.length === 0 ? [] : [`sync ${named(this.connectors)}`]),
      ...(this.actions.length === 0 ? [] : [`give it rows with the action ${named(this.actions)}`]),
    ]
    if (ways.length === 0) return "No connector and no action writes to it: put rows into its file."
    const [first = "", ...more] = ways
    return `${[first[0]?.toUpperCase() + first.slice(1), ...more].join(", or ")}.`
  }
}

/** The history does not tell how a dataset was. */
export class CannotReadAt extends Schema.TaggedError<CannotReadAt>()("CannotReadAt", {
  checkpoint: Schema.String,
  dataset: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `dataset "${this.dataset}" cannot be read as it was at checkpoint ${this.checkpoint}: ${this.detail}`
  }
  get suggestion() {
    return "What was edited by hand since is in no history; take the edit back, or query it as it is now."
  }
}
