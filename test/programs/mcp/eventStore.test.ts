import { assert, describe, it } from "@effect/vitest"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import * as fc from "fast-check"
import { boundedEventStore } from "../../../src/programs/mcp/eventStore.ts"

const message = (n: number): JSONRPCMessage => ({ jsonrpc: "2.0", method: "notifications/progress", params: { n } })

/** What comes after an event; null when it is refused. */
const after = async (store: ReturnType<typeof boundedEventStore>, id: string) => {
  if ((await store.getStreamIdForEventId!(id)) === undefined) return null
  const replayed: Array<JSONRPCMessage> = []
  await store.replayEventsAfter(id, { send: async (_id, event) => void replayed.push(event) })
  return replayed
}

describe("what a session has sent", () => {
  it("is replayed whole from any event, of its stream only, or refused", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 6 }),
        async (streams, mostEvents, mostStreams) => {
          const store = boundedEventStore({ mostEvents, mostCharacters: 1e6, mostStreams })
          const sent: Array<{ readonly id: string; readonly stream: string; readonly n: number }> = []
          for (const [n, stream] of streams.entries()) {
            sent.push({ id: await store.storeEvent(`s_${stream}`, message(n)), stream: `s_${stream}`, n })
          }
          for (const [at, { id, stream }] of sent.entries()) {
            const got = await after(store, id)
            const rest = sent.slice(at + 1).filter((one) => one.stream === stream)
            if (got !== null)
              assert.deepEqual(
                got,
                rest.map(({ n }) => message(n)),
              )
            // What is remembered is not refused.
            if (at >= sent.length - mostEvents) assert.isNotNull(got)
          }
        },
      ),
    ))

  it("is bounded in size as well: what is too long for all of it is forgotten at once", async () => {
    const store = boundedEventStore({ mostEvents: 10, mostCharacters: 200, mostStreams: 10 })
    const first = await store.storeEvent("one", message(1))
    const long = await store.storeEvent("one", { ...message(2), method: "x".repeat(500) })
    assert.isNull(await after(store, first))
    assert.deepEqual(await after(store, long), [])
  })

  it("is nothing of another session, or of none", async () => {
    const store = boundedEventStore()
    await store.storeEvent("one", message(1))
    for (const id of ["", "one", "one_2", "one_-1", "one_1e3", "one_9".repeat(100)]) {
      assert.isNull(await after(store, id), id)
    }
  })

  it("begins with an empty message that isn't replayed", async () => {
    const store = boundedEventStore()
    const first = await store.storeEvent("one", message(1))
    await store.storeEvent("one", {} as JSONRPCMessage)
    assert.deepEqual(await after(store, first), [])
  })
})
