import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import * as path from "node:path"
import { coreAt } from "../../../src/layers/Core.ts"
import { RunLog } from "../../../src/services/RunLog.ts"
import { SyncService } from "../../../src/services/SyncService.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { oneOutput } from "../../fixtures/syncing.ts"

const mebibyte = 1_048_576

/** Runs a connector that floods its log, watched: how much memory that takes, and how much disk. */
const flooding = Effect.fnUntraced(function* (body: string) {
  const root = yield* temporaryProject(oneOutput(`    await ctx.insert("rows", [{ id: 1 }])\n${body}`))
  return yield* Effect.gen(function* () {
    const before = process.memoryUsage().rss
    let most = before
    const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50)
    const run = yield* SyncService.use((service) => service.sync("one", { trigger: "cli" })).pipe(
      Effect.ensuring(Effect.sync(() => clearInterval(watching))),
    )
    const lines = yield* RunLog.use((log) => log.lines(run.runId))
    const directory = path.join(root, ".openislands/runs")
    const disk = readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0)
    assert.isBelow(disk, 11 * mebibyte)
    assert.isBelow((most - before) / mebibyte, 150, "MiB")
    return { root, run, last: lines.at(-1)?.text ?? "" }
  }).pipe(Effect.provide(coreAt(root)))
})

/** A hundred times as much as is kept: what comes after that changes nothing. */
const floods: Readonly<Record<string, readonly [body: string, dropped: RegExp]>> = {
  "1 GB of output": [
    `    const text = ("x".repeat(999) + "\\n").repeat(1_000)\n    for (let at = 0; at < 1_000; at++) process.stdout.write(text)`,
    /^\[\d{6} lines more \(\d{9} bytes\) not kept/,
  ],
  "1 GB of error output in one line": [
    `    const text = "x".repeat(1_000_000)\n    for (let at = 0; at < 1_000; at++) process.stderr.write(text)`,
    /^x+\.\.\. \(999934464 more bytes\)$/,
  ],
  "a million lines": [
    `    for (let at = 0; at < 1_000_000; at++) ctx.log("line " + at)`,
    /^\[\d{6} lines more \(\d+ bytes\) not kept/,
  ],
  "lines that draw on a terminal, and are nothing": [
    `    for (let at = 0; at < 300_000; at++) ctx.log("\\u001b[2J\\u0000\\r\\u2028")`,
    /^\[\d+ lines more/,
  ],
}

describe("however much a connector logs, memory and disk are bounded and the run succeeds:", () => {
  for (const [name, [body, dropped]] of Object.entries(floods)) {
    it.live(name, () =>
      Effect.gen(function* () {
        const { run, last } = yield* flooding(body)
        assert.strictEqual(run.outcome, "success", JSON.stringify(run.error))
        assert.match(last, dropped)
      }),
    )
  }

  it.live("a log that ends in a failure doesn't make the error any longer", () =>
    Effect.gen(function* () {
      const { run, root } = yield* flooding(
        `    for (let at = 0; at < 200; at++) ctx.log("x".repeat(100_000))\n    throw new Error("no")`,
      )
      assert.isBelow(JSON.stringify(run.error).length, 15_000)
      assert.deepInclude(run.error, { _tag: "ConnectorFailed", detail: "no" })
      assert.isFalse(readdirSync(path.join(root, ".openislands")).includes("x"))
      assert.throws(() => readFileSync(path.join(root, "data/rows.csv")))
    }),
  )
})
