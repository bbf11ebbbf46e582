import type { BearerTokens, OAuth2Tokens } from "./auth.ts"
import type { ContextFetch } from "./fetching.ts"

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

/** What the compiler says of an output that cannot be upserted. */
type Keyless<Name> = `output "${Name & string}" declares no key: name its columns in outputs.${Name & string}.key`

/** `AbortSignal`, where the author's `lib` or Node's types declare it; neither has to be there. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; readonly reason: unknown; throwIfAborted(): void }
