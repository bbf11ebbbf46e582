import { Schema } from "effect"
import type { KeyError } from "./KeyError.ts"

/** It has to be signed in, by a human: never, or not any more. */
export class NotConnected extends Schema.TaggedError<NotConnected>()("NotConnected", {
  connector: Schema.String,
  /** Why what was there doesn't do; null when nobody ever signed in. */
  why: Schema.NullOr(Schema.String),
}) {
  override get message() {
    return `connector "${this.connector}" is not connected${this.why === null ? "" : `: ${this.why}`}`
  }
  get suggestion() {
    return `A human has to sign in: run "openislands serve", open the dashboard and click Connect on "${this.connector}".`
  }
}

/** Connect makes no sense for it. */
export class NoSignIn extends Schema.TaggedError<NoSignIn>()("NoSignIn", { connector: Schema.String }) {
  override get message() {
    return `connector "${this.connector}" has no sign-in`
  }
  get suggestion() {
    return "What it needs comes from .env."
  }
}

/** An OAuth2 provider answered with an error of its own. */
export class ProviderRefused extends Schema.TaggedError<ProviderRefused>()("ProviderRefused", {
  connector: Schema.String,
  /** What it was asked for. */
  asked: Schema.Literals(["consent", "tokens", "refresh", "revocation"]),
  /** The provider's code, such as `access_denied` or `invalid_client`. */
  error: Schema.String,
  description: Schema.NullOr(Schema.String),
}) {
  override get message() {
    const said = this.description === null ? this.error : `${this.error} (${this.description})`
    return `the provider of connector "${this.connector}" refused ${
      this.asked === "consent" ? "the sign-in" : this.asked === "tokens" ? "to hand out tokens" : `the ${this.asked}`
    }: ${said}`
  }
  get suggestion() {
    return (
      hints.get(this.error) ?? "Click Connect to try again; if it stays like this, look the error up at the provider."
    )
  }
}

/** By the provider's code, which may be any text. */
const hints: ReadonlyMap<string, string> = new Map(
  Object.entries({
    access_denied: "Nothing was changed. Click Connect to try again, and allow the access.",
    invalid_client: "Check the client id and the client secret in .env against what the provider shows for your app.",
    invalid_scope: "The provider doesn't know one of the scopes, or doesn't grant it to your app.",
    redirect_uri_mismatch: "Register the redirect URI, exactly as the dashboard shows it, with the provider.",
    invalid_grant: "Click Connect to sign in again.",
  }),
)

/** An OAuth2 endpoint couldn't be reached, or what it answered is no answer to the question. */
export class ProviderUnusable extends Schema.TaggedError<ProviderUnusable>()("ProviderUnusable", {
  connector: Schema.String,
  /** Origin and path: a query may hold secrets. */
  endpoint: Schema.String,
  detail: Schema.String,
  /** The same request may well succeed later. */
  transient: Schema.Boolean,
}) {
  override get message() {
    return `${this.endpoint} of connector "${this.connector}" ${this.detail}`
  }
  get suggestion() {
    return this.transient
      ? "Try again later."
      : "Check the URLs in the connector's auth against the provider's documentation."
  }
}

/** A callback that belongs to no sign-in which is under way. */
export class SignInInvalid extends Schema.TaggedError<SignInInvalid>()("SignInInvalid", {
  connector: Schema.String,
  why: Schema.Literals(["unknown", "expired", "elsewhere", "issuer"]),
}) {
  override get message() {
    return `this sign-in to connector "${this.connector}" cannot be completed: ${reasons[this.why]}`
  }
  get suggestion() {
    return "Nothing was changed. Open the dashboard and click Connect."
  }
}

const reasons = {
  unknown: "it was not started here, or it was used already",
  expired: "it took longer than 10 minutes",
  elsewhere:
    "it was used already, or started for another connector, in another browser or at another address of this server",
  issuer: "the answer comes from another provider than the one that was asked",
}

/** The tokens of a connector cannot be read; they are never taken for absent. */
export class TokensUnreadable extends Schema.TaggedError<TokensUnreadable>()("TokensUnreadable", {
  connector: Schema.String,
  /** Relative to the project root. */
  file: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `cannot read the tokens of connector "${this.connector}" (${this.file}): ${this.detail}`
  }
  get suggestion() {
    return `Restore the file, or click Disconnect and then Connect on "${this.connector}" in the dashboard.`
  }
}

/** New tokens couldn't be kept, so they were not used. */
export class TokensUnwritable extends Schema.TaggedError<TokensUnwritable>()("TokensUnwritable", {
  connector: Schema.String,
  file: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return `cannot keep the tokens of connector "${this.connector}" in ${this.file} (${this.code})`
  }
  get suggestion() {
    return "Check the permissions and the free space of .openislands/connectors, then try again."
  }
}

export type AuthError =
  NotConnected | ProviderRefused | ProviderUnusable | TokensUnreadable | TokensUnwritable | KeyError
