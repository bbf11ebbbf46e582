import { Schema } from "effect"

/** A warning: where it is shown, nobody could tell it from a word, so it is not redacted. */
export class SecretTooShort extends Schema.TaggedError<SecretTooShort>()("SecretTooShort", {
  file: Schema.String,
  connector: Schema.String,
  key: Schema.String,
}) {
  override get message() {
    return `${this.key} of connector "${this.connector}" has fewer than 6 characters: it is not taken out of logs and errors`
  }
  get suggestion() {
    return "Use a longer value, if the provider takes one."
  }
}
