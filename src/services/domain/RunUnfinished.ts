import { Schema } from "effect"
import { tagOf } from "./ErrorDocument.ts"
import type { Run } from "./Run.ts"

/**
 * What stands in the record of a run that has committed something and goes on. Its end puts another record in this one's
 * place; where it is still there, there was no end.
 */
export class RunUnfinished extends Schema.TaggedError<RunUnfinished>()("RunUnfinished", {
  connector: Schema.String,
  /** The newest of its checkpoints; null when none of its commits changed anything. */
  checkpoint_id: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `the sync of connector "${this.connector}" had not ended when this was recorded`
  }
  get suggestion() {
    const stays =
      this.checkpoint_id === null
        ? "Nothing was written until then."
        : `What it had committed stays (checkpoint ${this.checkpoint_id}).`
    return `${stays} If it is not under way any more, its process ended before it did: run it again.`
  }
}

/** Of a record: the run goes on, or its process ended before it did. */
export const isUnfinished = ({ error }: Pick<Run, "error">): boolean => tagOf(error) === "RunUnfinished"
