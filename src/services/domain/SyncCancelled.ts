import { Schema } from "effect"

/** Somebody asked for the end of this one run, from wherever. */
export class SyncCancelled extends Schema.TaggedError<SyncCancelled>()("SyncCancelled", { connector: Schema.String }) {
  override get message() {
    return `the sync of connector "${this.connector}" was cancelled`
  }
  get suggestion() {
    return "Nothing was written. Run it again when you like."
  }
}
