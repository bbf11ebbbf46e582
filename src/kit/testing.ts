import type { core } from "zod"
import type { Auth, OAuth2Tokens } from "./auth.ts"
import type { State } from "./context.ts"
import type { ConfigSchema, Connector, Output, RowSchema } from "./index.ts"

/**
 * Runs `sync` once in this process, with the very `ctx` that the runtime gives it, against answers that the test makes up;
 * no project, no provider and no file is touched. Waits between tries are reported, not waited for.
 *
 * ```ts
 * const { error, rows } = await testConnector(connector, {
 *   secrets: { ACME_KEY: "a key" },
 *   fetch: { "GET https://api.acme.dev/events": { body: { items: [{ id: 1 }] } } },
 * })
 * assert.ifError(error)
 * assert.deepEqual(rows.events, [{ id: 1 }])
 * ```
 *
 * A sync that fails is no rejection: `error` says why, and `rows` and `state` are what a project would have then. What is
 * wrong with the test itself rejects: a request that no route answers, a secret that isn't given, a config that the
 * connector's schema refuses.
 */
export declare const testConnector: TestConnector

export type TestConnector = <
  Outputs extends Readonly<Record<string, Output>>,
  Config extends ConfigSchema | undefined,
  Secret extends string,
  AuthType extends Auth["type"],
>(
  connector: Connector<Outputs, Config, Secret, AuthType>,
  ...setup: [Secret] extends [never]
    ? [setup?: TestSetup<Config> | undefined]
    : [setup: TestSetup<Config> & { secrets: { readonly [Name in Secret]: string } }]
) => Promise<TestResult<Outputs>>

export interface TestSetup<Config extends ConfigSchema | undefined = ConfigSchema | undefined> {
  /** As it would stand in the manifest. */
  config?: (Config extends ConfigSchema ? core.input<Config> : Readonly<Record<string, never>>) | undefined
  /** As the last sync left it; `{}` by default. */
  state?: State | undefined
  /** The values of the declared secrets. */
  secrets?: Readonly<Record<string, string>> | undefined
  /** For a connector that declares `auth`; `{ accessToken: "test-access-token" }` by default. */
  tokens?: OAuth2Tokens | undefined
  /** What a renewal of a refused token brings, after a 401; null or nothing: there is no other. */
  renew?: ((refused: string) => OAuth2Tokens | null) | undefined
  /** Answers what `ctx.fetch` and `fetch` ask for, by `"GET https://..."`; or a function for all of it. */
  fetch?: Routes | AnswerTo | undefined
  /** What time it is for the connector when it begins; from then on only its waits take time. */
  now?: Date | string | number | undefined
  /** Aborted: the sync is cancelled. */
  signal?: WebType<"AbortSignal"> | undefined
}

/**
 * A method and a URL, such as `"GET https://api.acme.dev/events?page=2"`; without a query it stands for any query that no
 * other route names.
 */
export type Routes = Readonly<Record<string, Answer | AnswerTo | ReadonlyArray<Answer | AnswerTo>>>

export type AnswerTo = (request: WebType<"Request">) => Answer | Promise<Answer>

/** A list of them in a route is for as many requests, one after the other. */
export type Answer = RecordedAnswer | WebType<"Response">

/** Plain data: it may stand in a JSON file. */
export interface RecordedAnswer {
  /** 200 by default. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
  /** No answer: the request fails with this code, such as `"ECONNRESET"`. */
  readonly error?: string
}

export interface TestResult<Outputs extends Readonly<Record<string, Output>> = Readonly<Record<string, Output>>> {
  /** What each output's dataset would hold, had it been empty before. */
  readonly rows: RowsOf<Outputs>
  /** What the next sync would begin with. */
  readonly state: State
  /** What `ctx.log` was given, and what the runtime adds about tries. */
  readonly logs: ReadonlyArray<string>
  /** Every request, retries included. */
  readonly requests: ReadonlyArray<TestRequest>
  /** The milliseconds that it would have waited before each other try. */
  readonly waits: ReadonlyArray<number>
  /** What each `ctx.checkpoint()` committed: all rows by then, and the state. */
  readonly checkpoints: ReadonlyArray<{ readonly rows: RowsOf<Outputs>; readonly state: State }>
  /** Why the sync failed, if it did. */
  readonly error?: TestError
}

export interface TestRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Null when there was no answer. */
  readonly status: number | null
}

/** Its `cause` is what was thrown. */
export interface TestError extends Error {
  readonly why: "threw" | "row" | "output" | "state"
  /** The runtime would try the whole sync again, after this many milliseconds at least if that is no null. */
  readonly retryable: boolean
  readonly retryAfter: number | null
}

type RowsOf<Outputs extends Readonly<Record<string, Output>>> = {
  readonly [Name in keyof Outputs]: ReadonlyArray<RowOf<Outputs[Name]>>
}

type RowOf<O extends Output> = O extends { readonly schema: infer Schema extends RowSchema }
  ? { readonly [Column in keyof core.output<Schema>]: Stored<core.output<Schema>[Column]> }
  : { readonly [column: string]: any }

/** Rows are shown as they are stored. */
type Stored<Cell> = Cell extends Date ? string : Cell extends bigint ? number : Cell

/** A class of the web's, where the author's `lib` or Node's types declare it. */
type WebType<Name extends string> = typeof globalThis extends { readonly [key in Name]: { prototype: infer Instance } }
  ? Instance
  : any
