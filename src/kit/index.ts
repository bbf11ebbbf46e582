import type { core } from "zod"

/**
 * Declares a connector. It is the default export of `connectors/<name>/index.ts`:
 *
 * ```ts
 * export default defineConnector({
 *   description: "Events of a service behind a static API token",
 *   auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
 *   outputs: { events: { description: "appended events" } },
 *   async sync(ctx) {
 *     const response = await fetch("https://api.acme.dev/events", {
 *       headers: { authorization: `Bearer ${ctx.tokens.accessToken}` },
 *       signal: ctx.signal
 *     })
 *     await ctx.insert("events", await response.json())
 *   }
 * })
 * ```
 */
export const defineConnector = <
  Outputs extends object,
  Config extends ConfigSchema | undefined = undefined,
  Secret extends string = never,
  AuthType extends Auth["type"] = never,
>(
  definition: ConnectorDefinition<Outputs, Config, Secret, AuthType>,
): Connector<Outputs, Config, Secret, AuthType> => {
  const connector = { ...definition, [brand]: 1 as const }
  return Object.freeze(Object.defineProperty(connector, site, { value: new Error() }))
}

/** What the runtime knows a connector by, whichever copy of this package made it. */
const brand: unique symbol = Symbol.for("openislands.connector") as never

/** Where `defineConnector` was called, for the runtime's messages. */
const site = Symbol.for("openislands.connector.site")

/** What `defineConnector` answers: the definition, marked as a connector. */
export interface Connector<
  Outputs extends object = Record<string, unknown>,
  Config extends ConfigSchema | undefined = ConfigSchema | undefined,
  Secret extends string = string,
  AuthType extends Auth["type"] = Auth["type"],
> extends Readonly<ConnectorDefinition<Outputs, Config, Secret, AuthType>> {
  readonly [brand]: 1
}

export interface ConnectorDefinition<
  Outputs extends object,
  Config extends ConfigSchema | undefined,
  Secret extends string,
  AuthType extends Auth["type"],
> {
  /** One line that says what is synced, shown wherever the connector is listed. */
  description: string

  /** A zod schema for the manifest's `config` block. What it makes of the block arrives as `ctx.config`. */
  config?: Config

  /**
   * When the runtime syncs unless the manifest says otherwise: an interval such as `"30m"`, `"6h"` or `"1d"`, or a cron
   * expression. Without one, the connector syncs on request only.
   */
  schedule?: Schedule

  /** How the connector signs in. Leave it out for a plain API key, and name that key in `secrets`. */
  auth?: Auth & { type: AuthType }

  /** The `.env` keys that the connector needs besides those of `auth`. Their values arrive as `ctx.secrets`. */
  secrets?: ReadonlyArray<Secret>

  /** The tables that the connector produces. The manifest's `datasets` maps each to one of the project's datasets. */
  outputs: { readonly [Name in keyof Outputs]: Output }

  /** Pulls from the provider and writes rows. What it wrote becomes visible when it returns; nothing does if it throws. */
  sync(
    ctx: SyncContext<{ [Name in keyof Outputs]: Row }, ConfigOf<Config>, Secret, TokensOf<AuthType>>,
  ): void | Promise<void>
}

/** A table that a connector produces. */
export interface Output {
  /** One line about the rows, and whether they are inserted or replaced. */
  description?: string
}

/** An interval (`"6h"`), a cron expression (`"0 6 * * *"`), or a cron expression in a time zone. */
export type Schedule =
  | string
  | {
      /** Five fields: minute, hour, day of month, month, day of week. */
      cron: string
      /** An IANA name such as `"Europe/Berlin"`; the machine's own zone by default. */
      timeZone?: string
    }

export type Auth = OAuth2Auth | ClientCredentialsAuth | BearerAuth

/** The runtime owns the sign-in, keeps the tokens and refreshes an access token that is about to expire. */
export interface OAuth2Auth {
  type: "oauth2"
  data: OAuth2Client & {
    /** Where the provider asks the user for consent; not needed with an `issuer`. */
    authorizeUrl?: string
    /** Where tokens are revoked when the user disconnects (RFC 7009). */
    revocationUrl?: string
    /** The `.env` key that holds the client secret; leave it out for a public client. */
    clientSecretEnv?: string
    /** More parameters of the consent page, such as `{ access_type: "offline", prompt: "consent" }`. */
    authorizeParams?: Readonly<Record<string, string>>
    /** `false` for the rare provider that refuses PKCE. */
    pkce?: boolean
  } & Endpoints<"authorizeUrl" | "tokenUrl">
}

/** Tokens for the client itself: nobody has to sign in. */
export interface ClientCredentialsAuth {
  type: "oauth2-client-credentials"
  data: OAuth2Client & {
    /** The `.env` key that holds the client secret. */
    clientSecretEnv: string
  } & Endpoints<"tokenUrl">
}

/** Either the endpoints, or where the provider publishes them. */
type Endpoints<Name extends string> =
  | { readonly [N in Name]: string }
  | {
      /** `<issuer>/.well-known/...` says where the endpoints are; those given count more. */
      issuer: string
    }

interface OAuth2Client {
  issuer?: string
  /** Where the provider hands out and refreshes tokens; not needed with an `issuer`. */
  tokenUrl?: string
  scopes: ReadonlyArray<string>
  /** The `.env` key that holds the client id. */
  clientIdEnv: string
  /** How the client says who it is at the token endpoint; the runtime finds out by itself. */
  tokenEndpointAuthMethod?: "client_secret_basic" | "client_secret_post" | "none"
  /** More parameters of every request to the token endpoint, such as `{ audience: "..." }`. */
  tokenParams?: Readonly<Record<string, string>>
}

/** A static, long-lived API token or JWT from `.env`. */
export interface BearerAuth {
  type: "bearer"
  data: {
    /** The `.env` key that holds the token. */
    tokenEnv: string
  }
}

export interface OAuth2Tokens {
  /** Valid when the sync begins: the runtime refreshed it if it was about to expire. */
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds; absent if the provider didn't say. */
  readonly expiresAt?: number
}

export interface BearerTokens {
  /** The token from `.env`. */
  readonly accessToken: string
}

/**
 * What a sync works with. A helper that takes any connector's context writes plain `SyncContext`.
 *
 * `Rows` maps each output's name to the rows it takes.
 */
export interface SyncContext<
  Rows extends object = Record<string, Row>,
  Config = unknown,
  Secret extends string = string,
  Tokens = OAuth2Tokens | BearerTokens | undefined,
> {
  /** The manifest's `config` block as the connector's schema parsed it; undefined when the connector declares no schema. */
  readonly config: Config

  /** The values of the declared `secrets`, by name. None is empty. */
  readonly secrets: { readonly [Name in Secret]: string }

  /** The OAuth2 tokens, or the bearer token as `accessToken`; undefined when the connector declares no `auth`. */
  readonly tokens: Tokens

  /**
   * Persists between syncs: keep a cursor here, so that the next sync fetches only what is new. It is saved together
   * with the rows when the sync succeeds, and an undo of the sync restores it. Holds what JSON can hold.
   */
  state: State

  /** Aborts when the sync is cancelled or runs out of time. Hand it to `fetch`. */
  readonly signal: Signal

  /** Appends rows to the dataset of an output. For records that don't change once they exist. */
  insert<Name extends keyof Rows>(output: Name, rows: RowSource<Rows[Name]>): Promise<Inserted>

  /** Makes these rows the whole dataset of an output. For records that the provider revises after the fact. */
  replace<Name extends keyof Rows>(output: Name, rows: RowSource<Rows[Name]>): Promise<Replaced>

  /** Writes a line to the log of this sync. */
  log(message: string): void
}

/** One record: column name to value. */
// `any`, because an interface of the author's own is assignable to no index signature but this one.
export type Row = { readonly [column: string]: any }

/** Rows all at once, or as they come: memory stays bounded when an async generator yields page after page. */
export type RowSource<R = Row> = ReadonlyArray<R> | Iterable<R> | AsyncIterable<R>

/** What `ctx.state` is: read it as in `ctx.state.cursor as string | undefined`. */
export type State = { [key: string]: unknown }

export interface Inserted {
  /** How many rows this call wrote. */
  readonly inserted: number
}

export interface Replaced {
  /** How many rows this call wrote. */
  readonly replaced: number
}

/** Any schema of zod 4, `zod/mini` included. */
export type ConfigSchema = core.$ZodType

type ConfigOf<Config> = Config extends ConfigSchema ? core.output<Config> : undefined

type TokensOf<AuthType> = [AuthType] extends [never]
  ? undefined
  : AuthType extends "oauth2" | "oauth2-client-credentials"
    ? OAuth2Tokens
    : BearerTokens

/** `AbortSignal`, where the author's `lib` or Node's types declare it; neither has to be there. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; readonly reason: unknown; throwIfAborted(): void }
