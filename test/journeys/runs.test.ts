import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { oneOutput, projectOf, syncAt, synced } from "../fixtures/syncing.ts"

const project = temporaryProject(oneOutput(`await ctx.insert("rows", [{ id: 1 }])`))
const records = (root: string) => path.join(root, ".openislands", "runs", "one.jsonl")

describe.concurrent("what has run", () => {
  it.live("a record that cannot be read is one warning, and hides no other", () =>
    Effect.gen(function* () {
      const root = yield* project
      yield* synced(root)
      appendFileSync(records(root), "garbage\n{}\n\n")
      for (const args of [["runs"], ["runs", "one"], ["status"]]) {
        const { code, stdout, stderr } = yield* openislands([...args, "--json"], { cwd: root })
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, "warning: skipped 2 lines of .openislands/runs/one.jsonl: no record of a run\n")
        assert.include(stdout, args[0] === "runs" ? '"outcome": "success"' : '"lastSuccess": "20')
      }
      writeFileSync(records(root), "garbage")
      const { code, stdout, stderr } = yield* openislands(["runs"], { cwd: root })
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout, "nothing has run yet\n")
      assert.strictEqual(stderr, "warning: skipped 1 line of .openislands/runs/one.jsonl: no record of a run\n")
    }),
  )

  it.live("a run that cannot be recorded is told as a sentence", () =>
    Effect.gen(function* () {
      const root = yield* project
      mkdirSync(records(root), { recursive: true })
      const { code, stdout, stderr } = yield* openislands(["sync"], { cwd: root })
      assert.strictEqual(code, 1)
      assert.match(stdout, /^one {2}failed\n/)
      assert.match(stderr, /^warning: this run could not be recorded: cannot .*one\.jsonl \(EISDIR\)\n$/)
    }),
  )

  it.live("logs of a connector are those of its newest run, and a failure leads there", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(`ctx.log("asked for rows")\n    await ctx.insert("rows", [{ id: () => 1 }])`),
      )
      const { code, stdout } = yield* openislands(["sync"], { cwd: root })
      assert.strictEqual(code, 1)
      const [, runId] = /\n {2}"openislands logs (\S+)" shows what it logged\.\n$/.exec(stdout) ?? []
      assert.isDefined(runId, stdout)
      const logs = yield* openislands(["logs", "one"], { cwd: root })
      assert.deepInclude(logs, { code: 0, stdout: "asked for rows\n" })
      // The last line of a log doesn't tell how it ended; the last of this does.
      const [newest, end, next] = logs.stderr.split("\n")
      assert.strictEqual(newest, `of the newest run: ${runId}`)
      assert.match(end!, /^the run failed: row 1 of output "rows".*got a function/)
      assert.match(next!, /^ {2}Nothing was written\. Shape the row/)
      assert.deepEqual(yield* openislands(["logs", root], { cwd: path.dirname(root) }), logs)
      const document = yield* openislands(["logs", "one", "--json"], { cwd: root })
      assert.lengthOf(JSON.parse(document.stdout).lines, 1)
      assert.strictEqual((yield* openislands(["logs", "two"], { cwd: root })).code, 1)
    }),
  )

  it.live("logs of a run that logged nothing say so, and why", () =>
    Effect.gen(function* () {
      const files = oneOutput("")
      const source = files["connectors/one/index.ts"]!.replace("outputs:", 'secrets: ["KEY"], outputs:')
      const root = yield* temporaryProject({ ...files, "connectors/one/index.ts": source })
      const { run } = yield* syncAt(root)
      const { code, stdout, stderr } = yield* openislands(["logs", run.runId], { cwd: root })
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout, "")
      assert.match(
        stderr,
        /^nothing was logged; the run failed: connector "one" needs KEY\n {2}Add to \.env: KEY=\.\.\.\n$/,
      )
      writeFileSync(path.join(root, ".env"), "KEY=something\n")
      const well = yield* syncAt(root)
      const logs = yield* openislands(["logs", well.run.runId], { cwd: root })
      assert.strictEqual(logs.stderr, "nothing was logged; the run succeeded\n")
    }),
  )

  it.live("logs of a project without a name are those of its only connector, or lead to one of several", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(""))
      assert.deepInclude(yield* openislands(["logs", root], { cwd: "/" }), { code: 0, stdout: "nothing has run yet\n" })
      const files = oneOutput("")
      const two = projectOf([], { one: { datasets: {} }, two: { datasets: {} } })
      const several = yield* temporaryProject({ ...files, "manifest.json": two })
      const { code, stderr } = yield* openislands(["logs", several], { cwd: "/" })
      assert.strictEqual(code, 2)
      assert.match(
        stderr,
        /^error: which connector\?\n {2}Name one: openislands logs \S+ <connector>, or a run that "openislands runs \S+" lists\n$/,
      )
    }),
  )
})
