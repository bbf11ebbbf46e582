import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { boundedEventStore } from "./eventStore.ts"
import { makeMcpServer } from "./server.ts"

/** One client of the HTTP transport, from its first request on. */
export interface Session {
  /** Null until it is initialized. */
  readonly id: () => string | null
  readonly answer: (request: Request) => Promise<Response>
  readonly close: () => Promise<void>
}

export const makeSession = Effect.fnUntraced(function* (onDeleted: (id: string) => void) {
  const server = yield* makeMcpServer
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: boundedEventStore(),
    onsessionclosed: onDeleted,
  })
  yield* Effect.promise(() => server.connect(transport))
  return {
    id: () => transport.sessionId ?? null,
    answer: (request) => transport.handleRequest(request),
    close: () => server.close(),
  } satisfies Session
})
