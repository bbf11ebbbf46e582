import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer, Schema } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { errnoOf } from "../../layers/errno.ts"

export interface Address {
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  readonly patience?: Patience | undefined
}

/** Milliseconds that a request's head, and all of it, may take; and how often that is looked at. */
export interface Patience {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
}

/**
 * Whoever sends a request byte by byte, or never reads the answer, holds a connection no longer than
 * this; a stream of events moves each 15 seconds.
 */
const usual: Patience = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 }
const idle = 5 * 60_000

/** The server's end of the network. A port that is taken is an error: providers know us by it. */
export const listenAt = ({ host, port, patience = usual }: Address) =>
  Layer.unwrap(
    Effect.sync(() => {
      const server = createServer(patience).setTimeout(idle)
      server.maxConnections = 1_000
      holdEarly(server)
      // Whoever hasn't got their answer by now keeps nobody from stopping.
      const cutOff = Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
      return Layer.effectDiscard(cutOff).pipe(
        Layer.provideMerge(NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "2 seconds" })),
      )
    }),
  ).pipe(
    Layer.catch(({ cause }) => {
      const code = errnoOf(cause)
      return Layer.effectContext(
        Effect.fail(code === "EADDRINUSE" ? new PortBusy({ host, port }) : new CannotListen({ host, port, code })),
      )
    }),
  )

/** It listens before there is anybody to answer: who comes in between waits, instead of never being answered. */
const holdEarly = (server: Server): void => {
  const early: Array<[IncomingMessage, ServerResponse]> = []
  const hold = (...request: [IncomingMessage, ServerResponse]): void => void early.push(request)
  server.on("request", hold)
  server.on("newListener", (event: string) => {
    if (event !== "request") return
    server.off("request", hold)
    // It is told of before it is there.
    queueMicrotask(() => early.splice(0).forEach((request) => server.emit("request", ...request)))
  })
}

export class PortBusy extends Schema.TaggedError<PortBusy>()("PortBusy", { host: Schema.String, port: Schema.Int }) {
  override get message() {
    return `port ${this.port} of ${this.host} is in use by another program`
  }
  get suggestion() {
    return "Stop that program, or choose another port with --port; the redirect URIs that providers know change with it."
  }
}

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  code: Schema.String,
}) {
  override get message() {
    return `cannot serve at port ${this.port} of ${this.host} (${this.code})`
  }
  get suggestion() {
    return this.code === "EACCES"
      ? "Ports below 1024 belong to the system: choose another with --port."
      : "Name an address of this machine with --host, or leave it out to serve this machine only."
  }
}
