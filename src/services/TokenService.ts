import { Context, type Effect, Schema } from "effect"
import type { AuthError, NoSignIn, SignInInvalid, TokensUnwritable } from "./domain/AuthError.ts"
import type { Declaration } from "./domain/Description.ts"
import type { KeptTokens } from "./domain/KeptTokens.ts"
import type { KeyUnusable } from "./domain/KeyError.ts"
import type { StoreFailed } from "./domain/StoreError.ts"

/** Owns secrets: `.env`, which is parsed per project and never enters `process.env`, and tokens. */
export class TokenService extends Context.Service<
  TokenService,
  {
    /** Whether it could run now, as far as that can be told without asking the provider. A lack is told, and is no failure. */
    readonly status: (connector: string, declaration: Declaration) => Effect.Effect<Connection, EnvUnreadable>
    /**
     * What one run is given; fails when a key is missing, before anything runs. An empty value counts as missing. An
     * access token that is about to expire is refreshed first, once for all processes that ask.
     */
    readonly credentials: (
      connector: string,
      declaration: Declaration,
    ) => Effect.Effect<Credentials, AuthError | EnvUnreadable | MissingSecrets>
    /**
     * Newer tokens than those that a provider has just refused with a 401; null when there are none: a bearer token is
     * what `.env` says, an OAuth2 token is refreshed once for all who hold the refused one.
     */
    readonly renew: (
      connector: string,
      declaration: Declaration,
      refused: string,
    ) => Effect.Effect<Tokens | null, AuthError | EnvUnreadable | MissingSecrets>
    /** Starts a sign-in: where to send the human's browser, who comes back to `redirectUri` within 10 minutes. */
    readonly authorize: (
      connector: string,
      declaration: Declaration,
      redirectUri: string,
    ) => Effect.Effect<SignIn, AuthError | EnvUnreadable | MissingSecrets | NoSignIn>
    /** Ends it with what the provider added to the redirect URI. Whatever comes of it, the same `state` never counts twice. */
    readonly complete: (
      connector: string,
      answer: URLSearchParams,
    ) => Effect.Effect<void, AuthError | EnvUnreadable | MissingSecrets | NoSignIn | SignInInvalid>
    /**
     * Forgets the tokens, after asking the provider to revoke them where it has a place for that. Tokens that cannot be
     * read, for want of the key say, are forgotten all the same.
     */
    readonly disconnect: (
      connector: string,
      declaration: Declaration | null,
    ) => Effect.Effect<Disconnected, TokensUnwritable>
    /** How the tokens of each connector lie on the disk, and the id of this process's key; null when it has none. */
    readonly kept: Effect.Effect<KeptWith, KeyUnusable | StoreFailed>
    /** Has all that can be read kept in this one way. Null when this process has no key. */
    readonly keepAll: (as: "encrypted" | "plain") => Effect.Effect<KeptWith | null, KeyUnusable | StoreFailed>
    /** Takes the project's secret values out of a text that somebody will read, those too that come to be known later. */
    readonly redactor: Effect.Effect<(text: string) => string>
  }
>()("openislands/services/TokenService") {}

export interface Connection {
  readonly connected: boolean
  /** `.env` keys the connector needs that aren't set. */
  readonly missingSecrets: ReadonlyArray<string>
  /** `.env` keys of it whose values are too short to be told from any word: they cannot be redacted. */
  readonly shortSecrets: ReadonlyArray<string>
  /** Why a connector that has been signed in isn't connected any more. */
  readonly error: AuthError | null
}

export interface Credentials {
  /** The declared keys and their values, nothing else of `.env`. */
  readonly secrets: Readonly<Record<string, string>>
  /** Null for a keyless connector. */
  readonly tokens: Tokens | null
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds. */
  readonly expiresAt?: number
}

export interface SignIn {
  readonly authorizeUrl: string
  /** The one time key of this sign-in, which the answer has to bring back from the same browser. */
  readonly state: string
}

export interface KeptWith {
  readonly keyId: string | null
  readonly tokens: ReadonlyArray<KeptTokens>
}

export interface Disconnected {
  /** Null when the provider has no place to revoke tokens, or there were none; false when it was not told of them. */
  readonly revoked: boolean | null
}

export class EnvUnreadable extends Schema.TaggedError<EnvUnreadable>()("EnvUnreadable", {
  file: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `cannot read ${this.file}: ${this.detail}`
  }
  get suggestion() {
    return "Make it a readable text file of KEY=value lines."
  }
}

export class MissingSecrets extends Schema.TaggedError<MissingSecrets>()("MissingSecrets", {
  connector: Schema.String,
  missing: Schema.Array(Schema.String),
}) {
  override get message() {
    return `connector "${this.connector}" needs ${this.missing.join(", ")}`
  }
  get suggestion() {
    return `Add to .env: ${this.missing.map((key) => `${key}=...`).join(" ")}`
  }
}
