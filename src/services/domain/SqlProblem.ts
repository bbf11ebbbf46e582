import { Schema } from "effect"
import { meant } from "./Name.ts"
import { quoteIt, unquoted } from "./UnquotedWord.ts"

/** Where: `file` is the .sql file (or the manifest) relative to the project, `path` that of the manifest, the rest 1-based. */
const located = {
  file: Schema.String,
  path: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
  dataset: Schema.String,
}

export class SqlUnreadable extends Schema.TaggedError<SqlUnreadable>()("SqlUnreadable", {
  ...located,
  sql: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    const detail = this.code === "ENOENT" ? "there is no such file" : `it cannot be read (${this.code})`
    return `dataset "${this.dataset}" is the query in ${this.sql}: ${detail}`
  }
  get suggestion() {
    return `Write one SELECT over other datasets into ${this.sql}, or correct the path.`
  }
}

export class SqlCycle extends Schema.TaggedError<SqlCycle>()("SqlCycle", {
  ...located,
  /** Each reads the next; the last is the first again. */
  cycle: Schema.Array(Schema.String),
}) {
  override get message() {
    return `dataset "${this.dataset}" reads itself: ${this.cycle.join(" -> ")}`
  }
  get suggestion() {
    return "Let one of them read something else."
  }
}

export class SqlUnknownDataset extends Schema.TaggedError<SqlUnknownDataset>()("SqlUnknownDataset", {
  ...located,
  unknown: Schema.String,
  /** It is declared, and what is declared is wrong. */
  isBroken: Schema.Boolean,
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const what = this.isBroken
      ? `dataset "${this.unknown}" is not declared as it should be`
      : `no dataset is named "${this.unknown}"${meant(this.didYouMean)}`
    return `${this.file}:${this.line}:${this.column}: ${what}`
  }
  get suggestion() {
    if (this.isBroken) return '"openislands validate" shows what is wrong with it.'
    return 'A query reads datasets by the names that they have under "datasets" in manifest.json.'
  }
}

/** Not one SELECT, or one that DuckDB refuses. */
export class SqlInvalid extends Schema.TaggedError<SqlInvalid>()("SqlInvalid", {
  ...located,
  detail: Schema.String,
  candidates: Schema.Array(Schema.String),
  unquoted,
}) {
  override get message() {
    return `${this.file}:${this.line}:${this.column}: ${this.detail}`
  }
  get suggestion() {
    if (this.candidates.length > 0) return `Did you mean ${this.candidates.map((name) => `"${name}"`).join(" or ")}?`
    return `${quoteIt(this.unquoted)}A sql dataset is one SELECT over other datasets, in DuckDB's SQL.`
  }
}

export type SqlProblem = SqlCycle | SqlInvalid | SqlUnknownDataset | SqlUnreadable
