import { Schema } from "effect"

/** Somebody stopped the run before it was done: Ctrl-C, the end of the program. */
export class Interrupted extends Schema.TaggedError<Interrupted>()("Interrupted", { connector: Schema.String }) {
  override get message() {
    return `the sync of connector "${this.connector}" was interrupted`
  }
  get suggestion() {
    return "Nothing was written. Run it again."
  }
}
