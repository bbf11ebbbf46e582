import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { EventStreams } from "../src/programs/dashboard/EventStreams.ts"
import { Site } from "../src/programs/dashboard/Site.ts"
import { Events } from "../src/services/Events.ts"
import { openServer } from "../test/fixtures/openServer.ts"

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

Effect.runPromise(Effect.scoped(Effect.provide(main, openServer(root)))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  },
)
