import { Schema } from "effect"

/** The request itself makes no sense. */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", {
  /** `path`, `query`, `body` and the like. */
  part: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `the ${this.part} of this request cannot be understood: ${this.detail}`
  }
  get suggestion() {
    return "GET /api/openapi.json describes what each path takes."
  }
}

export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", { bytes: Schema.Int }) {
  override get message() {
    return `the body of this request has more than ${this.bytes} bytes`
  }
  get suggestion() {
    return "Nothing was changed. GET /api/openapi.json describes what each path takes."
  }
}

export class NotJson extends Schema.TaggedError<NotJson>()("NotJson", {}) {
  override get message() {
    return "the body of this request is not declared as JSON"
  }
  get suggestion() {
    return "Send it with the header content-type: application/json."
  }
}

export class NoSuchPath extends Schema.TaggedError<NoSuchPath>()("NoSuchPath", {
  method: Schema.String,
  path: Schema.String,
}) {
  override get message() {
    return `there is nothing at ${this.method} ${this.path}`
  }
  get suggestion() {
    return "GET /api/openapi.json lists the paths that there are."
  }
}

/** A name that leads here and isn't ours may belong to anybody: a page of theirs could then read what is here. */
export class ForeignHost extends Schema.TaggedError<ForeignHost>()("ForeignHost", {
  host: Schema.String,
  origin: Schema.String,
}) {
  override get message() {
    return `this server does not go by the name "${this.host}"`
  }
  get suggestion() {
    return `Open ${this.origin}; to serve under another name, start it with --origin, for example --origin https://${this.host}`
  }
}

/** A page of another site made the browser send this. */
export class ForeignSite extends Schema.TaggedError<ForeignSite>()("ForeignSite", {
  /** Where the page comes from; null where the browser doesn't say. */
  site: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `a page of another site${this.site === null ? "" : ` (${this.site})`} asked for this`
  }
  get suggestion() {
    return "Nothing was changed. Use the dashboard, or a program that is no browser."
  }
}

export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {}) {
  override get message() {
    return "this server asks for its token"
  }
  get suggestion() {
    return "Sign in at /login, or send the header authorization: Bearer <token>."
  }
}

/** What a browser keeps for one address it doesn't show to another, so a sign-in has to begin where it will end. */
export class StartedElsewhere extends Schema.TaggedError<StartedElsewhere>()("StartedElsewhere", {
  connector: Schema.String,
  /** Where the provider will send the browser back to. */
  origin: Schema.String,
}) {
  override get message() {
    return `the sign-in to connector "${this.connector}" comes back to ${this.origin}, which is not the address of this page`
  }
  get suggestion() {
    return `Open ${this.origin} and click Connect there; to have it come back to another address, serve with --origin.`
  }
}

export class TooManyStreams extends Schema.TaggedError<TooManyStreams>()("TooManyStreams", { most: Schema.Int }) {
  override get message() {
    return `${this.most} clients are listening to events already`
  }
  get suggestion() {
    return "Close some, then try again."
  }
}
