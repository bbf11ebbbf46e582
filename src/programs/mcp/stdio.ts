import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { Effect, Layer } from "effect"
import * as PubSubEvents from "../../layers/PubSubEvents.ts"
import * as StartedSyncs from "../StartedSyncs.ts"
import { drain } from "./launch.ts"
import { makeMcpServer } from "./server.ts"

/** Serves one client on stdin and stdout until it goes away; syncs that it started then still end. */
export const serveStdio = Effect.gen(function* () {
  const server = yield* makeMcpServer
  yield* Effect.acquireRelease(
    Effect.promise(() => server.connect(new StdioServerTransport())),
    () => Effect.promise(() => server.close()),
  )
  yield* Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void)
    process.stdin.once("end", done).once("close", done).once("error", done)
    process.once(drain, done)
    // Whoever stops reading our answers is gone as well; nobody has to hear of it twice.
    process.stdout.on("error", done)
    process.stderr.on("error", done)
  })
  yield* StartedSyncs.StartedSyncs.use((syncs) => syncs.ended)
}).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(StartedSyncs.layer, PubSubEvents.layer)))
