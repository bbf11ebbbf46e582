import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failing, syncing } from "../../fixtures/guest.ts"

const logOf = (error: object): ReadonlyArray<string> => (error as { readonly log: ReadonlyArray<string> }).log

describe.concurrent("a failure that a log may explain carries the end of it:", () => {
  for (const [tag, end] of Object.entries({
    ConnectorFailed: `throw new Error("no")`,
    ConnectorCrashed: `process.exit(1)`,
    ConnectorTimeout: `for (;;);`,
  })) {
    it.live(tag, () =>
      Effect.gen(function* () {
        const body = `
    for (let line = 0; line < 90; line++) ctx.log("line " + line)
    process.stdout.write("no end")
    ${end}`
        const { error } = yield* failing(syncing(body), { job: { timeout: 1_500 } })
        assert.strictEqual(error._tag, tag)
        const log = logOf(error)
        assert.lengthOf(log, 20)
        // They come by two ways, each in its order.
        assert.sameMembers([...log], [...Array.from({ length: 19 }, (_, at) => `line ${71 + at}`), "no end"])
        assert.notInclude(error.message, "line 89")
      }),
    )
  }

  it.live("nothing, when it logged nothing", () =>
    Effect.gen(function* () {
      assert.deepEqual(logOf((yield* failing(syncing(`    throw 1`))).error), [])
    }),
  )
})
