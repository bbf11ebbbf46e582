import { Schema } from "effect"
import { meant } from "./Name.ts"

/** Where in the manifest: `file` relative to the project, `path` dotted, `line` and `column` 1-based. */
const located = { file: Schema.String, path: Schema.String, line: Schema.Int, column: Schema.Int }

export class ManifestSyntax extends Schema.TaggedError<ManifestSyntax>()("ManifestSyntax", {
  ...located,
  detail: Schema.String,
}) {
  override get message() {
    return `${this.file}:${this.line}:${this.column}: this is not valid JSON: ${this.detail}`
  }
  get suggestion() {
    return "Comments and trailing commas are fine; look for a missing brace, quote or comma just before this place."
  }
}

/** A value of the wrong kind, or one that is missing. */
export class InvalidField extends Schema.TaggedError<InvalidField>()("InvalidField", {
  ...located,
  expected: Schema.String,
}) {
  override get message() {
    return `${this.path || "the manifest"}: ${this.expected}`
  }
  get suggestion() {
    return `Change it at ${this.file}:${this.line}:${this.column}.`
  }
}

export class InvalidName extends Schema.TaggedError<InvalidName>()("InvalidName", {
  ...located,
  name: Schema.String,
  kind: Schema.Literals(["connector", "dataset", "action", "output"]),
}) {
  override get message() {
    return `${JSON.stringify(this.name)} cannot be the name of a ${this.kind}`
  }
  get suggestion() {
    return "Use letters, digits, - and _, starting with a letter or digit, at most 100 characters."
  }
}

export class InvalidPath extends Schema.TaggedError<InvalidPath>()("InvalidPath", {
  ...located,
  written: Schema.String,
  detail: Schema.String,
}) {
  /** The end of the detail of a path that leads nowhere. */
  static readonly absent = "does not exist"
  override get message() {
    return `${this.path}: ${this.detail}`
  }
  get suggestion() {
    if (this.detail.endsWith(InvalidPath.absent))
      return `Make it, or correct the path at ${this.file}:${this.line}:${this.column}; it is relative to the project.`
    return "Use a short path inside the project, and not into .openislands or .env."
  }
}

export class InvalidSchedule extends Schema.TaggedError<InvalidSchedule>()("InvalidSchedule", {
  ...located,
  connector: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `the schedule of connector "${this.connector}" cannot be understood: ${this.detail}`
  }
  get suggestion() {
    return 'Write an interval such as "30m", "6h" or "30d", or a cron expression such as "0 */6 * * *".'
  }
}

export class UnknownDataset extends Schema.TaggedError<UnknownDataset>()("UnknownDataset", {
  ...located,
  dataset: Schema.String,
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `no dataset is named "${this.dataset}"${meant(this.didYouMean)}`
  }
  get suggestion() {
    // What was meant is declared.
    if (this.didYouMean !== null) return `Correct it at ${this.file}:${this.line}:${this.column}.`
    return `Declare it under "datasets": "${this.dataset}": { "source": "data/${this.dataset}.csv" }`
  }
}

export class NotASource extends Schema.TaggedError<NotASource>()("NotASource", {
  ...located,
  dataset: Schema.String,
}) {
  override get message() {
    return `dataset "${this.dataset}" is a sql dataset; rows can only be written to a source`
  }
  get suggestion() {
    return 'Write to a dataset with a "source" file, and let the sql dataset read from that one.'
  }
}

export class DatasetShared extends Schema.TaggedError<DatasetShared>()("DatasetShared", {
  ...located,
  dataset: Schema.String,
  outputs: Schema.Array(Schema.String),
}) {
  override get message() {
    return `outputs ${this.outputs.map((output) => `"${output}"`).join(" and ")} both write to dataset "${this.dataset}"`
  }
  get suggestion() {
    return "Give each output a dataset of its own; a sql dataset can unite them."
  }
}

/** A sync is one transaction, and no transaction spans two database files. */
export class TwoDatabases extends Schema.TaggedError<TwoDatabases>()("TwoDatabases", {
  ...located,
  connector: Schema.String,
  datasets: Schema.Array(Schema.String),
}) {
  override get message() {
    const datasets = this.datasets.map((dataset) => `"${dataset}"`).join(" and ")
    return `connector "${this.connector}" writes to datasets ${datasets}, which are in two database files`
  }
  get suggestion() {
    return "Let its datasets be tables of one database file, or plain files: a sync becomes durable as a whole."
  }
}

/** Two dataset entries that lead to the same file (or table) would overwrite each other. */
export class SourceShared extends Schema.TaggedError<SourceShared>()("SourceShared", {
  ...located,
  datasets: Schema.Array(Schema.String),
  source: Schema.String,
}) {
  override get message() {
    return `datasets ${this.datasets.map((name) => `"${name}"`).join(" and ")} are the same file: ${this.source}`
  }
  get suggestion() {
    return "Declare the file once, under one name."
  }
}

export class UnknownOutput extends Schema.TaggedError<UnknownOutput>()("UnknownOutput", {
  ...located,
  connector: Schema.String,
  output: Schema.String,
  outputs: Schema.Array(Schema.String),
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    // One that a sync writes to is at a place in the connector, which its reader is not shown otherwise.
    const place = this.file === "manifest.json" ? "" : ` (${this.file}:${this.line}:${this.column})`
    return `connector "${this.connector}" has no output "${this.output}"${place}${meant(this.didYouMean)}`
  }
  get suggestion() {
    const correct = this.file === "manifest.json" ? ` Correct it at ${this.file}:${this.line}:${this.column}.` : ""
    return `Its outputs are: ${this.outputs.join(", ") || "(none)"}.${correct}`
  }
}

export class InvalidConfig extends Schema.TaggedError<InvalidConfig>()("InvalidConfig", {
  ...located,
  connector: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `config of connector "${this.connector}" at ${this.path}: ${this.detail}`
  }
  get suggestion() {
    return `Change it at ${this.file}:${this.line}:${this.column}.`
  }
}

export type ManifestProblem =
  | DatasetShared
  | InvalidConfig
  | InvalidField
  | InvalidName
  | InvalidPath
  | InvalidSchedule
  | NotASource
  | SourceShared
  | TwoDatabases
  | UnknownDataset
  | UnknownOutput

/** A key that nothing reads: most often a typing error. */
export class UnknownKey extends Schema.TaggedError<UnknownKey>()("UnknownKey", {
  ...located,
  key: Schema.String,
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `"${this.key}" at ${this.path} is not a key that anything reads${meant(this.didYouMean)}`
  }
  get suggestion() {
    return `Correct or remove it at ${this.file}:${this.line}:${this.column}.`
  }
}

export type ManifestWarning = UnknownKey
