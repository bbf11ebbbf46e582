import { type Connector, defineConnector, type State } from "@openislands/connector-kit"
import { type TestError, testConnector } from "@openislands/connector-kit/testing"
import { expectTypeOf } from "vitest"
import { z } from "zod"

const connector = defineConnector({
  description: "all of it",
  config: z.object({ days: z.string().transform(Number), tag: z.string().optional() }),
  secrets: ["KEY"],
  outputs: {
    events: {},
    typed: { schema: z.object({ id: z.number(), at: z.date(), name: z.string().nullable() }), key: "id" },
  },
  sync() {},
})
const secrets = { KEY: "k" }

export const results = async (): Promise<void> => {
  const result = await testConnector(connector, { secrets, config: { days: "3" }, state: { at: 1 }, now: new Date() })
  expectTypeOf(result.rows.events).toEqualTypeOf<ReadonlyArray<{ readonly [column: string]: any }>>()
  // A Date is stored as text.
  expectTypeOf(result.rows.typed).toEqualTypeOf<
    ReadonlyArray<{ readonly id: number; readonly at: string; readonly name: string | null }>
  >()
  expectTypeOf(result.state).toEqualTypeOf<State>()
  expectTypeOf(result.error).toEqualTypeOf<TestError | undefined>()
  expectTypeOf(result.checkpoints[0]!.rows).toEqualTypeOf<(typeof result)["rows"]>()
  // @ts-expect-error an output that was not declared
  void result.rows.event
  // @ts-expect-error a column that the schema lacks
  void result.rows.typed[0]!.nme
  // @ts-expect-error the declared secrets are missing
  void testConnector(connector, { config: { days: "3" } })
  // @ts-expect-error no setup, no secrets
  void testConnector(connector)
  // @ts-expect-error a secret that was not declared
  void testConnector(connector, { secrets: { KEI: "k" } })
  // @ts-expect-error what the schema makes of the config, not what is written
  void testConnector(connector, { secrets, config: { days: 3 } })
  // @ts-expect-error an answer is data, a response, or a function
  void testConnector(connector, { secrets, fetch: { "GET https://a.test": "text" } })
  void testConnector(connector, {
    secrets,
    fetch: {
      "GET https://a.test/a": { status: 503, headers: { "retry-after": "1" } },
      "GET https://a.test/b": [{ body: [1] }, new Response(), async (request) => ({ body: request.url })],
      "GET https://a.test/c": { error: "ECONNRESET" },
    },
  })
}

export const keyless = async (one: Connector): Promise<void> => {
  const bare = defineConnector({ description: "d", outputs: { rows: {} }, sync() {} })
  expectTypeOf((await testConnector(bare)).rows.rows[0]!["id"]).toBeAny()
  await testConnector(bare, { fetch: () => new Response() })
  // @ts-expect-error it takes no config
  await testConnector(bare, { config: { days: 3 } })
  expectTypeOf((await testConnector(one, { secrets })).rows["any"]).not.toBeNever()
}
