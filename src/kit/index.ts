import type { core } from "zod"
import type { Auth, BearerTokens, OAuth2Tokens } from "./auth.ts"
import type { Row, SyncContext } from "./context.ts"

export type { Auth, BearerAuth, BearerTokens, ClientCredentialsAuth, OAuth2Auth, OAuth2Tokens } from "./auth.ts"
export type { Checkpointed, Inserted, Replaced, Row, RowSource, State, SyncContext, Upserted } from "./context.ts"
export type { Duration } from "./duration.ts"
export type { AnswerHead, ContextFetch, FetchOptions } from "./fetching.ts"
export {
  byCursor,
  byCursorInBody,
  byLink,
  byOffset,
  byPage,
  byUrl,
  type Next,
  type NextRequest,
  type PageSeen,
} from "./next.ts"
export { type Page, pages, paginate, type PaginateOptions } from "./paginate.ts"
export { type RateLimit, rateLimiter } from "./rateLimiter.ts"
export { ResponseError, responseError } from "./responseError.ts"
export { RetryableError, type RetryableOptions } from "./RetryableError.ts"

/**
 * Declares a connector. It is the default export of `connectors/<name>/index.ts`:
 *
 * ```ts
 * export default defineConnector({
 *   description: "Events of a service behind a static API token",
 *   auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
 *   outputs: { events: { description: "appended events" } },
 *   async sync(ctx) {
 *     const response = await ctx.fetch("https://api.acme.dev/events")
 *     if (!response.ok) throw await responseError(response)
 *     await ctx.insert("events", await response.json())
 *   }
 * })
 * ```
 */
export const defineConnector = <
  const Outputs extends Declared,
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
  Outputs extends Declared = Declared,
  Config extends ConfigSchema | undefined = ConfigSchema | undefined,
  Secret extends string = string,
  AuthType extends Auth["type"] = Auth["type"],
> extends Readonly<ConnectorDefinition<Outputs, Config, Secret, AuthType>> {
  readonly [brand]: 1
}

export interface ConnectorDefinition<
  Outputs extends Declared,
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
  outputs: Outputs & { readonly [Name in keyof Outputs]: Checked<Outputs[Name]> }

  /**
   * Pulls from the provider and writes rows. What it wrote becomes visible when it returns, and nothing does if it throws;
   * only what `ctx.checkpoint()` committed before stays.
   */
  sync(
    ctx: SyncContext<RowsOf<Outputs>, ConfigOf<Config>, Secret, TokensOf<AuthType>, Keyed<Outputs>>,
  ): void | Promise<void>
}

/** A table that a connector produces. */
export interface Output {
  /** One line about the rows, and whether they are inserted, replaced or upserted. */
  readonly description?: string

  /** The column, or columns, that tell its rows apart, such as `"id"`: what `ctx.upsert` needs. None is ever null. */
  readonly key?: string | ReadonlyArray<string>

  /**
   * A zod schema of one row. `ctx.insert`, `replace` and `upsert` take what it takes, check every row with it, and write
   * what it makes of the row. It has to be synchronous.
   */
  readonly schema?: RowSchema
}

type Declared = Readonly<Record<string, Output>>

/** What is wrong with an output shows at the very word: a key that its schema's rows lack, a name that nothing reads. */
type Checked<O extends Output> = {
  readonly [Field in keyof O]: Field extends "key"
    ? KeyOf<O>
    : Field extends keyof Output
      ? Output[Field]
      : `an output has no field "${Field & string}": it has description, key and schema`
}

type KeyOf<O extends Output> = O extends { readonly schema: infer Schema extends RowSchema }
  ? O extends { readonly key: string }
    ? O["key"] extends ColumnOf<Schema>
      ? string
      : KeyIsNoColumnOfItsSchema<ColumnOf<Schema>>
    : ReadonlyArray<ColumnOf<Schema>>
  : Output["key"]

/** What the compiler says of such a key; nothing is ever one. */
interface KeyIsNoColumnOfItsSchema<Columns> {
  readonly columns: Columns
}

type ColumnOf<Schema extends RowSchema> = Extract<keyof core.output<Schema>, string>

type RowsOf<Outputs extends Declared> = {
  [Name in keyof Outputs]: Outputs[Name] extends { readonly schema: infer Schema extends RowSchema }
    ? core.input<Schema>
    : Row
}

/** The names of the outputs that declare a key; any, where nothing is known of them. */
type Keyed<Outputs extends Declared> = string extends keyof Outputs
  ? string
  : {
      [Name in keyof Outputs]: Outputs[Name] extends { readonly key: string | ReadonlyArray<string> } ? Name : never
    }[keyof Outputs]

/** An interval (`"6h"`), a cron expression (`"0 6 * * *"`), or a cron expression in a time zone. */
export type Schedule =
  | string
  | {
      /** Five fields: minute, hour, day of month, month, day of week. */
      cron: string
      /** An IANA name such as `"Europe/Berlin"`; the machine's own zone by default. */
      timeZone?: string
    }

/** Any schema of zod 4, `zod/mini` included. */
export type ConfigSchema = core.$ZodType

/** A schema of zod 4, `zod/mini` included, that makes rows. */
export type RowSchema = core.$ZodType<Row>

type ConfigOf<Config> = Config extends ConfigSchema ? core.output<Config> : undefined

/** Where nothing is known of `auth`, there may be none. */
type TokensOf<AuthType> = [AuthType] extends [never]
  ? undefined
  : [Auth["type"]] extends [AuthType]
    ? OAuth2Tokens | BearerTokens | undefined
    : AuthType extends "oauth2" | "oauth2-client-credentials"
      ? OAuth2Tokens
      : BearerTokens
