import { Schema } from "effect"
import { meant } from "./Name.ts"

/** Somebody named a dataset that the manifest doesn't have, or that is a transform where a source is needed. */
export class DatasetNotFound extends Schema.TaggedError<DatasetNotFound>()("DatasetNotFound", {
  dataset: Schema.String,
  reason: Schema.Literals(["unknown", "broken", "sql"]),
  didYouMean: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const { dataset, didYouMean } = this
    if (this.reason === "sql") return `dataset "${dataset}" is a sql dataset: its columns are what its query answers`
    if (this.reason === "broken") return `dataset "${dataset}" is not declared as it should be`
    return `no dataset is named "${dataset}"${meant(didYouMean)}`
  }
  get suggestion() {
    return this.reason === "broken"
      ? '"openislands validate" shows what is wrong with it.'
      : this.reason === "sql"
        ? '"openislands datasets" shows them.'
        : '"openislands datasets" lists those that are declared under "datasets" in manifest.json.'
  }
}
