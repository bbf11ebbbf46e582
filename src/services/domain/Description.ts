import { Schema } from "effect"

/** How a client says who it is at the token endpoint; null: whichever the provider takes. */
const AuthMethod = Schema.NullOr(Schema.Literals(["client_secret_basic", "client_secret_post", "none"]))
const Parameters = Schema.Record(Schema.String, Schema.String)

const OAuth2Data = Schema.Struct({
  /** Where the provider publishes its endpoints; null when they are given. */
  issuer: Schema.NullOr(Schema.String),
  authorizeUrl: Schema.NullOr(Schema.String),
  tokenUrl: Schema.NullOr(Schema.String),
  revocationUrl: Schema.NullOr(Schema.String),
  scopes: Schema.Array(Schema.String),
  scopeSeparator: Schema.String,
  clientIdEnv: Schema.String,
  /** Null for a public client. */
  clientSecretEnv: Schema.NullOr(Schema.String),
  tokenEndpointAuthMethod: AuthMethod,
  authorizeParams: Parameters,
  tokenParams: Parameters,
  pkce: Schema.Boolean,
})
export type OAuth2Data = typeof OAuth2Data.Type

const ClientCredentialsData = Schema.Struct({
  issuer: Schema.NullOr(Schema.String),
  tokenUrl: Schema.NullOr(Schema.String),
  scopes: Schema.Array(Schema.String),
  scopeSeparator: Schema.String,
  clientIdEnv: Schema.String,
  clientSecretEnv: Schema.String,
  tokenEndpointAuthMethod: AuthMethod,
  tokenParams: Parameters,
})
export type ClientCredentialsData = typeof ClientCredentialsData.Type

const Auth = Schema.Union([
  Schema.Struct({ type: Schema.Literal("bearer"), data: Schema.Struct({ tokenEnv: Schema.String }) }),
  Schema.Struct({ type: Schema.Literal("oauth2"), data: OAuth2Data }),
  Schema.Struct({ type: Schema.Literal("oauth2-client-credentials"), data: ClientCredentialsData }),
])
export type Auth = typeof Auth.Type

/** What a connector says of itself. Outputs are a list, so that one named `toString` or `__proto__` is just a name. */
export const Declaration = Schema.Struct({
  description: Schema.String,
  schedule: Schema.Json,
  secrets: Schema.Array(Schema.String),
  auth: Schema.NullOr(Auth),
  outputs: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      description: Schema.NullOr(Schema.String),
      /** The columns that tell its rows apart; null when it declares none. */
      key: Schema.NullOr(Schema.Array(Schema.String)),
    }),
  ),
})
export type Declaration = typeof Declaration.Type

const ConfigIssue = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Schema.Number])),
  message: Schema.String,
})
export type ConfigIssue = typeof ConfigIssue.Type

/** A config as the connector's schema made it, or what the schema holds against it. */
const ConfigVerdict = Schema.Union([
  Schema.Struct({ ok: Schema.Literal(true), value: Schema.Json }),
  Schema.Struct({
    ok: Schema.Literal(false),
    issues: Schema.Array(ConfigIssue),
  }),
])

/** A key of the definition that nothing reads, and those that it could have been; `path` is dotted and includes it. */
const UnknownDefinitionKey = Schema.Struct({
  path: Schema.String,
  key: Schema.String,
  known: Schema.Array(Schema.String),
})
export type UnknownDefinitionKey = typeof UnknownDefinitionKey.Type

export const Description = Schema.Struct({
  declaration: Declaration,
  unknownKeys: Schema.Array(UnknownDefinitionKey),
  /** The stack of the call of `defineConnector`, positions in the bundle: edits may move the source but not those. */
  site: Schema.NullOr(Schema.String),
  /** JSON Schema of what may be written under `config`; null when the connector takes none. */
  configSchema: Schema.NullOr(Schema.Json),
  config: ConfigVerdict,
})
export type Description = typeof Description.Type
