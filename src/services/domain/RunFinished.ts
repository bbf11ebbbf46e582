import { Schema } from "effect"

/** Only what is under way can be cancelled. */
export class RunFinished extends Schema.TaggedError<RunFinished>()("RunFinished", {
  runId: Schema.String,
  /** As in its record; null when its process died before there was one. */
  outcome: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const how = this.outcome === null ? "its process ended before it was recorded" : `outcome: ${this.outcome}`
    return `run "${this.runId}" is over already (${how})`
  }
  get suggestion() {
    return this.outcome === "success"
      ? 'There is nothing to cancel; "openislands rollback" undoes what a sync wrote.'
      : "There is nothing to cancel."
  }
}

/** It was told to stop, and hasn't yet. */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", {
  runId: Schema.String,
  seconds: Schema.Number,
}) {
  override get message() {
    return `run "${this.runId}" was told to stop, and is still running after ${this.seconds} s`
  }
  get suggestion() {
    return 'It may be committing, or its process may be suspended. "openislands runs" shows it when it has ended.'
  }
}
