import { Context, type Effect, Schema } from "effect"
import type { Declaration } from "./domain/Description.ts"

/** Owns secrets: `.env`, which is parsed per project and never enters `process.env`, and tokens. */
export class TokenService extends Context.Service<
  TokenService,
  {
    readonly status: (connector: string, declaration: Declaration) => Effect.Effect<Connection, EnvUnreadable>
    /** What one run is given; fails when a key is missing, before anything runs. An empty value counts as missing. */
    readonly credentials: (
      connector: string,
      declaration: Declaration,
    ) => Effect.Effect<Credentials, EnvUnreadable | MissingSecrets | NotConnected>
    /**
     * Newer tokens than those that a provider has just refused with a 401; null when there are none: a bearer token is
     * what `.env` says, an OAuth2 token is refreshed once for all who hold the refused one.
     */
    readonly renew: (
      connector: string,
      declaration: Declaration,
      refused: string,
    ) => Effect.Effect<Tokens | null, EnvUnreadable | NotConnected>
    /** Takes the project's secret values, as they are now, out of a text that somebody will read. */
    readonly redactor: Effect.Effect<(text: string) => string, EnvUnreadable>
  }
>()("openislands/services/TokenService") {}

export interface Connection {
  readonly connected: boolean
  /** `.env` keys the connector needs that aren't set. */
  readonly missingSecrets: ReadonlyArray<string>
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

export class NotConnected extends Schema.TaggedError<NotConnected>()("NotConnected", {
  connector: Schema.String,
}) {
  override get message() {
    return `connector "${this.connector}" is not connected`
  }
  get suggestion() {
    return `A human has to sign in: run "openislands serve", open the dashboard and click Connect on "${this.connector}".`
  }
}
