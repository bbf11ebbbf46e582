import { Effect, Layer, Logger } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { coreAt } from "../src/layers/Core.ts"
import { engine, routes } from "../src/programs/dashboard.ts"
import { EventStreams } from "../src/programs/dashboard/EventStreams.ts"
import { listenAt } from "../src/programs/dashboard/listening.ts"
import { Site } from "../src/programs/dashboard/Site.ts"
import { Events } from "../src/services/Events.ts"

/** Publishes a million events to whoever listens by then, and prints how many MiB that left behind. */
const root = process.argv[2]!
writeFileSync(path.join(root, "manifest.json"), "{}")

const mebibytes = (): number => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}

const publish = Effect.fnUntraced(function* (count: number) {
  const events = yield* Events
  for (let index = 0; index < count; index++) {
    events.publish({
      type: "line",
      runId: "r",
      connector: "c",
      stream: "log",
      text: `line ${index} ${"x".repeat(100)}`,
    })
    // As lines of a guest come: in chunks, with all else in between.
    if (index % 500 === 0) yield* Effect.sleep(0)
  }
})

const main = Effect.gen(function* () {
  const { origin } = yield* Site
  yield* EventStreams
  process.stdout.write(`origin ${origin}\n`)
  yield* Effect.sleep("2 seconds")
  yield* publish(50_000)
  yield* Effect.sleep("1 second")
  const before = mebibytes()
  yield* publish(1_000_000)
  yield* Effect.sleep("1 second")
  process.stdout.write(`growth ${(mebibytes() - before).toFixed(2)}\n`)
})

const site = Layer.effect(
  Site,
  Effect.map(HttpServer.HttpServer, ({ address }) => ({
    origin: HttpServer.formatAddress(address),
    isOurs: () => true,
    access: null,
  })),
)
const server = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provideMerge(engine),
  Layer.provideMerge(site),
  Layer.provideMerge(listenAt({ host: "127.0.0.1", port: 0 })),
  Layer.provideMerge(coreAt(root)),
  Layer.provideMerge(Logger.layer([])),
)
Effect.runPromise(Effect.scoped(Effect.provide(main, server))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  },
)
