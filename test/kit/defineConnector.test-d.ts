import {
  type BearerTokens,
  type Checkpointed,
  type Connector,
  type Inserted,
  type OAuth2Tokens,
  type Replaced,
  type SyncContext,
  type Upserted,
  defineConnector,
} from "@openislands/connector-kit"
import { expectTypeOf } from "vitest"
import { z } from "zod"
import * as mini from "zod/mini"

const oauth2 = {
  type: "oauth2",
  data: {
    authorizeUrl: "https://provider.test/authorize",
    tokenUrl: "https://provider.test/token",
    scopes: ["read"],
    scopeSeparator: ",",
    clientIdEnv: "CLIENT_ID",
    clientSecretEnv: "CLIENT_SECRET",
  },
} as const

/** Everything declared. */
export const full = defineConnector({
  description: "all of it",
  config: z.object({ days: z.number().default(30), tag: z.string().optional() }),
  schedule: { cron: "0 6 * * *", timeZone: "Europe/Berlin" },
  auth: oauth2,
  secrets: ["API_KEY", "API_SECRET"],
  outputs: { recovery: { description: "replaced" }, sleep: {} },
  async sync(ctx) {
    expectTypeOf(ctx.config).toEqualTypeOf<{ days: number; tag?: string | undefined }>()
    expectTypeOf(ctx.tokens).toEqualTypeOf<OAuth2Tokens>()
    expectTypeOf(ctx.tokens!.accessToken).toEqualTypeOf<string>()
    expectTypeOf(ctx.secrets.API_KEY).toEqualTypeOf<string>()
    expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(ctx.insert).parameter(0).toEqualTypeOf<"recovery" | "sleep">()
    expectTypeOf(await ctx.insert("sleep", [{ id: 1 }])).toEqualTypeOf<Inserted>()
    expectTypeOf(await ctx.replace("recovery", [])).toEqualTypeOf<Replaced>()

    // @ts-expect-error an output that was not declared
    await ctx.insert("recovry", [])
    // @ts-expect-error a name that every object has
    await ctx.replace("toString", [])
    // @ts-expect-error a secret that was not declared
    void ctx.secrets.API_KEI
    // @ts-expect-error a client id is no secret of the connector
    void ctx.secrets.CLIENT_ID
    // @ts-expect-error a key that the config's schema lacks
    void ctx.config.lookback
    // @ts-expect-error the tokens are the runtime's
    ctx.tokens.accessToken = "mine"
    // @ts-expect-error no message
    ctx.log({ rows: 1 })
  },
})

export const bearer = defineConnector({
  description: "bearer",
  auth: { type: "bearer", data: { tokenEnv: "TOKEN" } },
  outputs: { events: {} },
  sync(ctx) {
    expectTypeOf(ctx.tokens).toEqualTypeOf<BearerTokens>()
    expectTypeOf(ctx.tokens!.accessToken).toEqualTypeOf<string>()
    // @ts-expect-error a static token doesn't expire
    void ctx.tokens.expiresAt
  },
})

export const keyless = defineConnector({
  description: "keyless",
  secrets: ["API_KEY"],
  outputs: { events: {} },
  sync: async (ctx) => {
    expectTypeOf(ctx.tokens).toEqualTypeOf<undefined>()
    expectTypeOf(ctx.config).toEqualTypeOf<undefined>()
    expectTypeOf(ctx.secrets).toEqualTypeOf<{ readonly API_KEY: string }>()
    // @ts-expect-error no auth, no tokens
    void ctx.tokens!.accessToken
  },
})

export const bare = defineConnector({
  description: "sync stands before what it depends on",
  async sync(ctx) {
    expectTypeOf(ctx.insert).parameter(0).toEqualTypeOf<"events">()
    expectTypeOf(ctx.secrets).toEqualTypeOf<{}>()
    // @ts-expect-error no secrets declared
    void ctx.secrets.API_KEY
  },
  outputs: { events: { description: "events" } },
})

export const noSecrets = defineConnector({
  description: "an empty list of secrets",
  secrets: [],
  outputs: { events: {} },
  sync(ctx) {
    expectTypeOf(ctx.secrets).toEqualTypeOf<{}>()
  },
})

export const parsed = defineConnector({
  description: "what the schema makes of the config, not what is written",
  config: z.object({ since: z.string().transform((text) => new Date(text)) }),
  outputs: {},
  sync(ctx) {
    expectTypeOf(ctx.config.since).toEqualTypeOf<Date>()
    // @ts-expect-error no outputs declared
    void ctx.insert("events", [])
  },
})

export const withMini = defineConnector({
  description: "zod/mini",
  config: mini.object({ days: mini.number() }),
  outputs: { events: {} },
  sync(ctx) {
    expectTypeOf(ctx.config).toEqualTypeOf<{ days: number }>()
  },
})

interface Workout {
  readonly id: string
  readonly strain?: number
}

export const rows = defineConnector({
  description: "what rows may be",
  outputs: { workouts: {} },
  async sync(ctx) {
    const one: Workout = { id: "a" }
    const frozen: ReadonlyArray<Workout> = [one]
    const anything: any = [one]
    await ctx.insert("workouts", frozen)
    await ctx.insert("workouts", new Set([one]))
    await ctx.insert("workouts", pages())
    await ctx.insert("workouts", anything)
    await ctx.insert("workouts", [{ id: 1, nested: { at: new Date(), tags: ["a", null] } }])
    // @ts-expect-error await is missing
    await ctx.insert("workouts", Promise.resolve([one]))
    // @ts-expect-error one row is no list of rows
    await ctx.insert("workouts", one)
    // @ts-expect-error text is no list of rows
    await ctx.insert("workouts", "id\na")
    // @ts-expect-error numbers are no rows
    await ctx.insert("workouts", [1, 2])
    // @ts-expect-error a row is never absent
    await ctx.replace("workouts", [one, undefined])
    // @ts-expect-error rows are missing
    await ctx.replace("workouts")
  },
})

async function* pages(): AsyncGenerator<Workout> {
  yield { id: "a" }
}

/** Outputs that say what their rows are, and which columns tell them apart. */
export const tables = defineConnector({
  description: "schemas and keys",
  outputs: {
    days: {
      key: "day",
      schema: z.object({
        day: z.string(),
        at: z.string().transform((text) => new Date(text)),
        steps: z.number().default(0),
      }),
    },
    pairs: { key: ["left", "right"] },
    small: { schema: mini.object({ id: mini.number() }) },
    plain: { description: "neither" },
  },
  async sync(ctx) {
    expectTypeOf(ctx.insert).parameter(0).toEqualTypeOf<"days" | "pairs" | "plain" | "small">()
    expectTypeOf(
      await ctx.upsert("days", [{ day: "2026-01-01", at: "2026-01-01T00:00:00Z" }]),
    ).toEqualTypeOf<Upserted>()
    expectTypeOf(await ctx.checkpoint()).toEqualTypeOf<Checkpointed>()
    await ctx.upsert("pairs", [{ left: 1, right: 2, more: {} }])
    await ctx.insert("small", new Set([{ id: 1 }]))
    await ctx.replace("plain", [{ any: "row" }])

    // @ts-expect-error what the schema takes, not what it makes
    await ctx.insert("days", [{ day: "2026-01-01", at: new Date() }])
    // @ts-expect-error a column is missing
    await ctx.upsert("days", [{ day: "2026-01-01" }])
    // @ts-expect-error a column too many
    await ctx.replace("small", [{ id: 1, name: "one" }])
    // @ts-expect-error rows of another type, from a generator
    await ctx.insert("small", pages())
    // @ts-expect-error no key declared
    await ctx.upsert("plain", [{ id: 1 }])
    // @ts-expect-error no such output
    await ctx.upsert("dayz", [{ id: 1 }])
    // @ts-expect-error a checkpoint takes no rows
    await ctx.checkpoint("days")
  },
})

export const state = defineConnector({
  description: "the cursor",
  outputs: { events: {} },
  sync(ctx) {
    const cursor = ctx.state.cursor as string | undefined
    ctx.state.cursor = cursor ?? new Date().toISOString()
    delete ctx.state.cursor
    ctx.state = { cursor, page: 1 }
    // @ts-expect-error state is an object
    ctx.state = "cursor"
  },
})

/** A helper that takes any connector's context. */
const pull = async (ctx: SyncContext): Promise<void> => {
  expectTypeOf(ctx.tokens).toEqualTypeOf<OAuth2Tokens | BearerTokens | undefined>()
  expectTypeOf(ctx.secrets["ANY"]).toExtend<string | undefined>()
  await ctx.insert("any", [{ id: 1 }])
  await ctx.upsert("any", [{ id: 1 }])
  await ctx.checkpoint()
}

export const helped = [
  defineConnector({ ...full, sync: pull }),
  defineConnector({ ...tables, sync: pull }),
  defineConnector({
    description: "with a helper",
    config: z.object({ days: z.number() }),
    auth: oauth2,
    secrets: ["API_KEY"],
    outputs: { events: {} },
    sync: (ctx) => pull(ctx),
  }),
  defineConnector({
    description: "with a helper",
    secrets: ["KEY"],
    outputs: { events: {} },
    sync: (ctx) => pull(ctx),
  }),
] satisfies ReadonlyArray<Connector>

export const mistakes = [
  // @ts-expect-error no description
  defineConnector({ outputs: { events: {} }, sync() {} }),
  // @ts-expect-error no outputs
  defineConnector({ description: "d", sync() {} }),
  // @ts-expect-error no sync
  defineConnector({ description: "d", outputs: { events: {} } }),
  defineConnector({
    description: "d",
    // @ts-expect-error a typo in a key of an output
    outputs: { events: { descripton: "typo" } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a key that the schema's rows lack
    outputs: { events: { key: "idd", schema: z.object({ id: z.string() }) } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a column of the key that the schema's rows lack
    outputs: { events: { key: ["id", "idd"], schema: z.object({ id: z.string() }) } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error what the schema takes is no column, what it makes is
    outputs: { events: { key: "id", schema: z.object({ id: z.string() }).transform(({ id }) => ({ name: id })) } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a schema of something else than rows
    outputs: { events: { schema: z.string() } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a plain object is no schema
    outputs: { events: { schema: { id: "string" } } },
    sync() {},
  }),
  defineConnector({
    description: "d",
    outputs: { events: {} },
    // @ts-expect-error a typo in a key of the definition
    shedule: "6h",
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error no such mode
    auth: { type: "basic", data: { tokenEnv: "TOKEN" } },
    outputs: { events: {} },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error data of the other mode
    auth: { type: "oauth2", data: { tokenEnv: "TOKEN" } },
    outputs: { events: {} },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a key of auth's data that bearer lacks
    auth: { type: "bearer", data: { tokenEnv: "TOKEN", header: "x-api-key" } },
    outputs: { events: {} },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error a plain object is no schema
    config: { days: 30 },
    outputs: { events: {} },
    sync() {},
  }),
  defineConnector({
    description: "d",
    // @ts-expect-error milliseconds are no interval
    schedule: 21_600_000,
    outputs: { events: {} },
    sync() {},
  }),
  defineConnector({
    description: "d",
    outputs: { events: {} },
    // @ts-expect-error rows are written, not returned
    sync: () => [{ id: 1 }],
  }),
  // @ts-expect-error what is asked for is what is declared
  defineConnector({ description: "d", outputs: { events: {} }, secrets: "API_KEY", sync() {} }),
]

// @ts-expect-error a definition becomes a connector by defineConnector only
export const unmarked: Connector = { description: "d", outputs: {}, sync() {} }

/** Whatever it declares, a connector is a `Connector`. */
export const all: ReadonlyArray<Connector> = [full, bearer, keyless, bare, noSecrets, parsed, withMini, rows, tables]
