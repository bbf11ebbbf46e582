import { Schema } from "effect"

/** One value that an action doesn't take; the message counts rows from 1. */
export class ActionRowInvalid extends Schema.TaggedError<ActionRowInvalid>()("ActionRowInvalid", {
  action: Schema.String,
  /** 0-based, among the calls of the request. */
  call: Schema.Int,
  part: Schema.Literals(["rows", "match", "set"]),
  /** 0-based, among the rows of the call; null where there are none, or where it isn't known. */
  row: Schema.NullOr(Schema.Int),
  /** Null when the row as a whole is at fault. */
  field: Schema.NullOr(Schema.String),
  expected: Schema.String,
  got: Schema.String,
}) {
  override get message() {
    const row = this.part !== "rows" ? `"${this.part}"` : this.row === null ? "a row" : `row ${this.row + 1}`
    const field = this.field === null ? "" : `, field "${this.field}"`
    return `${row} of action "${this.action}"${field}: expected ${this.expected}, got ${this.got}`
  }
  get suggestion() {
    return `Nothing was written. Correct it and send everything again; "openislands actions" lists what each field takes.`
  }
}

/** Rows that were refused, and with them the whole request. */
export class ActionRejected extends Schema.TaggedError<ActionRejected>()("ActionRejected", {
  /** The first problem of each bad row, of 20 rows at most. */
  problems: Schema.Array(ActionRowInvalid),
  /** Bad rows beyond these. */
  more: Schema.Int,
}) {
  static readonly most = 20
  override get message() {
    const others = this.problems.length - 1 + this.more
    const first = this.problems[0]?.message ?? "rows were refused"
    return others === 0 ? first : `${first} (and ${others} more)`
  }
  get suggestion() {
    return this.problems[0]?.suggestion ?? "Nothing was written."
  }
}

/** A call that makes no sense, whatever its rows are. */
export class ActionRefused extends Schema.TaggedError<ActionRefused>()("ActionRefused", {
  /** Null when it is the request as a whole. */
  action: Schema.NullOr(Schema.String),
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    return this.action === null ? this.detail : `action "${this.action}": ${this.detail}`
  }
  get suggestion() {
    return `Nothing was written. ${this.next}`
  }
}

export class UnknownAction extends Schema.TaggedError<UnknownAction>()("UnknownAction", {
  action: Schema.String,
  didYouMean: Schema.NullOr(Schema.String),
  /** It is declared, and what is declared is wrong, of it or of its dataset. */
  isBroken: Schema.Boolean,
}) {
  override get message() {
    return this.isBroken
      ? `action "${this.action}" cannot be used: its entry in manifest.json, or its dataset's, has a problem`
      : `there is no action "${this.action}" in manifest.json`
  }
  get suggestion() {
    if (this.isBroken) return 'Nothing was written. Run "openislands validate".'
    const meant = this.didYouMean === null ? "" : `Did you mean "${this.didYouMean}"? `
    return `Nothing was written. ${meant}"openislands actions" lists them.`
  }
}
