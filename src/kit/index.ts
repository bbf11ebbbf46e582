import type { core } from "zod"
import type { Auth, BearerTokens, OAuth2Tokens } from "./auth.ts"
import type { ContextFetch } from "./fetching.ts"

export type { Auth, BearerAuth, BearerTokens, ClientCredentialsAuth, OAuth2Auth, OAuth2Tokens } from "./auth.ts"
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

/**
 * What a sync works with. A helper that takes any connector's context writes plain `SyncContext`.
 *
 * `Rows` maps each output's name to the rows it takes; `Key` names the outputs that declare a key.
 */
export interface SyncContext<
  Rows extends object = Record<string, Row>,
  Config = unknown,
  Secret extends string = string,
  Tokens = OAuth2Tokens | BearerTokens | undefined,
  Key extends keyof Rows = keyof Rows,
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

  /**
   * `fetch` with what every provider makes necessary: the access token, a timeout, `ctx.signal`, and other tries, ever
   * later, when it answers 429, 500, 502, 503 or 504 or cannot be reached, as far as the request may be sent twice.
   * `Retry-After` is heeded. After a 401 the token is renewed once. It throws a `RetryableError` when the tries are used
   * up; any other answer is yours to check, by `response.ok`.
   *
   * The token goes with every request that has no `Authorization` of its own, over https or to this machine; a redirect
   * doesn't take it to another origin. For other hosts than the provider's use plain `fetch`.
   */
  readonly fetch: ContextFetch

  /**
   * Writes rows of which each takes the place of the row with the same key, or comes new where there is none. For records
   * that the provider changes, pulled a few at a time: fetching some twice does no harm. Of rows with one key the last
   * counts. Between two commits an output is upserted only, or not at all.
   */
  upsert<Name extends PropertyKey>(
    output: Name extends Key ? Name : Name extends keyof Rows ? Keyless<Name> : keyof Rows,
    rows: RowSource<Rows[Name & keyof Rows]>,
  ): Promise<Upserted>

  /**
   * Commits what was written so far together with `ctx.state` as it is now: whatever happens later, this stays, and the
   * next sync goes on from that state. One undo takes back all that a sync committed. For long pulls, after every page or
   * every few; each is a transaction, so not after every row. To be awaited before anything else is written.
   *
   * An output that was replaced since the last commit is half pulled: then `ctx.state` must not have been changed.
   */
  checkpoint(): Promise<Checkpointed>

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

export interface Upserted {
  /** How many rows this call wrote, new or in the place of others. */
  readonly upserted: number
}

export interface Checkpointed {
  /** What `openislands history` lists and `openislands rollback` takes; null when there was nothing to commit. */
  readonly checkpoint_id: string | null
}

/** Any schema of zod 4, `zod/mini` included. */
export type ConfigSchema = core.$ZodType

/** A schema of zod 4, `zod/mini` included, that makes rows. */
export type RowSchema = core.$ZodType<Row>

/** What the compiler says of an output that cannot be upserted. */
type Keyless<Name> = `output "${Name & string}" declares no key: name its columns in outputs.${Name & string}.key`

type ConfigOf<Config> = Config extends ConfigSchema ? core.output<Config> : undefined

/** Where nothing is known of `auth`, there may be none. */
type TokensOf<AuthType> = [AuthType] extends [never]
  ? undefined
  : [Auth["type"]] extends [AuthType]
    ? OAuth2Tokens | BearerTokens | undefined
    : AuthType extends "oauth2" | "oauth2-client-credentials"
      ? OAuth2Tokens
      : BearerTokens

/** `AbortSignal`, where the author's `lib` or Node's types declare it; neither has to be there. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; readonly reason: unknown; throwIfAborted(): void }
