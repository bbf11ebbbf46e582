import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { coreAt } from "../../../src/layers/Core.ts"
import { RunLog } from "../../../src/services/RunLog.ts"
import { SyncService } from "../../../src/services/SyncService.ts"
import { connector, oneConnector } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { freePort, served } from "../../fixtures/served.ts"

/** What a connector of the project is answered when it asks at this port as somebody who acts for the user. */
const asking = (port: number): string =>
  connector().replace(
    "sync() {}",
    `async sync(ctx) {
      const url = "http://127.0.0.1:${port}/api/checkpoints"
      ctx.log(await fetch(url).then((answer) => "answered " + answer.status, (error) => error.message))
    }`,
  )

const told = Effect.gen(function* () {
  const { runId } = yield* SyncService.use((syncs) => syncs.sync("one", { trigger: "cli" }))
  return (yield* RunLog.use((log) => log.lines(runId))).map(({ text }) => text)
})

for (const [where, origin] of [
  ["where it listens", null],
  // Of a proxy before it.
  ["under another origin", "http://127.0.0.1:1"],
] as const) {
  it.live(`a connector cannot reach the server of its own project, which is known ${where}`, () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const root = yield* temporaryProject(oneConnector(asking(port)))
      yield* served(root, { port, origin })
      const [answer] = yield* told.pipe(Effect.provide(coreAt(root)))
      assert.strictEqual(answer, `127.0.0.1:${port} is this project's own server, which no connector may reach`)
    }),
  )
}
