import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesOf,
  historyAt,
  leftOverIn,
  nothingLeft,
  projectOf,
  rollbackAt,
  runsAt,
  startCli,
  statusAt,
  syncAt,
  synced,
  syncing,
  tagOf,
  untilLogged,
} from "../fixtures/syncing.ts"

/** Goes on when the test has opened the gate: until then both of two guests are at work for certain. */
const gated = (before: string, after: string): string =>
  syncing(
    `    ${before}
    ctx.log("at the gate")
    while (!readdirSync("gate").includes("open")) await new Promise((done) => setTimeout(done, 5))
    ${after}`,
    "",
    `import { readdirSync } from "node:fs"\n`,
  )

const open = (root: string) => writeFileSync(path.join(root, "gate/open"), "")
const gate = { permissions: { read: ["gate"] } }

const project = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const root = yield* temporaryProject(files)
  mkdirSync(path.join(root, "gate"))
  return root
})

const answerOf = (stdout: string) => (JSON.parse(stdout) as { readonly runs: ReadonlyArray<Run> }).runs
const lines = (root: string, file: string) =>
  readFileSync(path.join(root, "data", file), "utf8")
    .trimEnd()
    .split("\n")

const crossed = (name: string) =>
  gated(
    `await ctx.insert("rows", [{ from: "${name}", at: "rows" }])`,
    `await ctx.insert("more", [{ from: "${name}", at: "more" }])`,
  )
const crossing = {
  "manifest.json": projectOf(["left.csv", "right.jsonl"], {
    one: { datasets: { rows: "left", more: "right" }, ...gate },
    two: { datasets: { rows: "right", more: "left" }, ...gate },
  }),
  "connectors/one/index.ts": crossed("one"),
  "connectors/two/index.ts": crossed("two"),
}
describe.concurrent("at once", () => {
  it.live("two syncs of one connector: one runs, the other skips it and says who has it", () =>
    Effect.gen(function* () {
      const root = yield* project({
        "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" }, ...gate } }),
        "connectors/one/index.ts": gated("", `await ctx.insert("rows", [{ id: 1 }])`),
      })
      const both = [yield* startCli(root, ["sync", "--json"]), yield* startCli(root, ["sync", "--json"])]
      yield* untilLogged(root, "one", "at the gate")
      const named = yield* syncAt(root, "one")
      assert.strictEqual(named.code, 1)
      assert.deepInclude(named.run, { outcome: "skipped" })
      const [status] = yield* statusAt(root)
      const running = status?.running as { readonly pid: number } | null | undefined
      assert.include(
        both.map(({ pid }) => pid),
        running?.pid,
      )
      assert.deepInclude(named.run.error, { _tag: "SyncRunning", pid: running?.pid })
      // It has committed nothing, and is in the list nevertheless, where it began; of the first two either may have it.
      const listed = yield* runsAt(root)
      const ids = listed.map(({ runId }) => runId)
      assert.deepEqual(ids, ids.toSorted().toReversed())
      assert.strictEqual(ids[0], named.run.runId)
      assert.deepEqual(listed.map(({ outcome }) => outcome).toSorted(), ["running", "skipped", "skipped"])
      const going = listed.find(({ outcome }) => outcome === "running")
      assert.deepInclude(going, {
        connector: "one",
        trigger: "cli",
        datasets: {},
        checkpoint_id: null,
        error: null,
      })
      assert.match((yield* openislands(["runs"], { cwd: root })).stdout, /^\S+ {2}running {2}[\d.]+ s$/m)
      // A skip is no failure.
      assert.isNull(status?.lastError)
      open(root)
      const ended = yield* Effect.forEach(both, (one) => one.ended)
      assert.deepEqual(
        ended.map(({ code }) => code),
        [0, 0],
      )
      const outcomes = ended.flatMap(({ stdout }) => answerOf(stdout).map(({ outcome }) => outcome))
      assert.deepEqual(outcomes.toSorted(), ["skipped", "success"])
      assert.deepEqual(lines(root, "rows.csv"), ["id", "1"])
      assert.lengthOf(yield* historyAt(root), 1)
      assert.lengthOf(yield* runsAt(root), 3)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("ten syncs of one connector: each row lands once", () =>
    Effect.gen(function* () {
      const root = yield* project({
        "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" } } }),
        "connectors/one/index.ts": syncing(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    await ctx.insert("rows", [{ n }])`),
      })
      yield* synced(root)
      const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => syncAt(root), {
        concurrency: "unbounded",
      })
      assert.isTrue(answers.every(({ code }) => code === 0))
      const landed = answers.filter(({ run }) => run.outcome === "success").length
      assert.isAtLeast(landed, 1)
      assert.deepEqual(lines(root, "rows.csv"), ["n", ...Array.from({ length: landed + 1 }, (_, at) => `${at + 1}`)])
      assert.lengthOf(yield* historyAt(root), landed + 1)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  for (const [where, commands] of [
    [
      "two processes",
      [
        ["sync", "one"],
        ["sync", "two"],
      ],
    ],
    ["one process", [["sync"]]],
  ] as const) {
    it.live(`two connectors with crossed outputs, in ${where}: the rows of both land in both`, () =>
      Effect.gen(function* () {
        const root = yield* project(crossing)
        const started = yield* Effect.forEach(commands, (args) => startCli(root, [...args, "--json"]))
        yield* untilLogged(root, "one", "at the gate")
        yield* untilLogged(root, "two", "at the gate")
        open(root)
        const ended = yield* Effect.forEach(started, (one) => one.ended)
        assert.deepEqual(
          ended.map(({ code }) => code),
          commands.map(() => 0),
          ended.map(({ stdout }) => stdout).join(),
        )
        const runs = ended.flatMap(({ stdout }) => answerOf(stdout))
        assert.lengthOf(new Set(runs.map((run) => run.checkpoint_id)) as never, 2)
        assert.deepEqual(lines(root, "left.csv").toSorted(), ["from,at", "one,rows", "two,more"])
        assert.deepEqual(lines(root, "right.jsonl").toSorted(), [
          '{"from":"one","at":"more"}',
          '{"from":"two","at":"rows"}',
        ])
        // Undoing the older takes the newer with it: they share files.
        const [newest, oldest] = yield* historyAt(root)
        const undone = yield* rollbackAt(root, oldest!.checkpoint_id)
        assert.deepEqual(undone.undone, [newest!.checkpoint_id, oldest!.checkpoint_id])
        assert.deepEqual(bytesOf(root), {})
      }),
    )
  }

  for (const [what, second, expected] of [
    ["the same columns", `{ id: 2, name: "two" }`, null],
    ["columns in another order", `{ name: "two", id: 2 }`, null],
    ["other columns", `{ other: true }`, "SchemaDrift"],
    ["another type", `{ id: "two", name: "two" }`, "SchemaDrift"],
  ] as const) {
    it.live(
      `two first writes into one empty dataset, with ${what}: ${expected === null ? "both land" : "one lands"}`,
      () =>
        Effect.gen(function* () {
          const root = yield* project({
            "manifest.json": projectOf(["rows.csv"], {
              one: { datasets: { rows: "rows" }, ...gate },
              two: { datasets: { rows: "rows" }, ...gate },
            }),
            "connectors/one/index.ts": gated(`await ctx.insert("rows", [{ id: 1, name: "one" }])`, ""),
            "connectors/two/index.ts": gated(`await ctx.insert("rows", [${second}])`, ""),
          })
          const both = [
            yield* startCli(root, ["sync", "one", "--json"]),
            yield* startCli(root, ["sync", "two", "--json"]),
          ]
          yield* untilLogged(root, "one", "at the gate")
          yield* untilLogged(root, "two", "at the gate")
          open(root)
          const ended = yield* Effect.forEach(both, (one) => one.ended)
          const runs = ended.flatMap(({ stdout }) => answerOf(stdout))
          const errors = runs.flatMap(({ error }) => tagOf(error) ?? [])
          const history = yield* historyAt(root)
          if (expected === null) {
            assert.deepEqual(errors, [], JSON.stringify(runs))
            const [header, ...rows] = lines(root, "rows.csv")
            // Whoever came first settled the order; the rows of both are in it.
            const order = header === "id,name" ? ["1,one", "2,two"] : ["one,1", "two,2"]
            assert.deepEqual(rows.toSorted(), order.toSorted())
            assert.lengthOf(history, 2)
            yield* rollbackAt(root)
            assert.lengthOf(lines(root, "rows.csv"), 2)
          } else {
            assert.deepEqual(errors, [expected])
            assert.lengthOf(lines(root, "rows.csv"), 2)
            assert.lengthOf(history, 1)
          }
          assert.deepEqual(leftOverIn(root), nothingLeft)
        }),
    )
  }

  it.live("a rollback during a run is refused as long as it runs, and of another connector is not", () =>
    Effect.gen(function* () {
      const root = yield* project({
        "manifest.json": projectOf(["rows.csv", "other.csv"], {
          other: { datasets: { rows: "other" } },
          one: { datasets: { rows: "rows" }, ...gate },
        }),
        "connectors/other/index.ts": syncing(`    await ctx.insert("rows", [{ id: 0 }])\n    ctx.state.n = 1`),
        "connectors/one/index.ts": gated(
          `if (ctx.state.n === undefined) {
      ctx.state.n = 1
      await ctx.insert("rows", [{ id: 1 }])
      return
    }`,
          `ctx.state.n = 2
    await ctx.insert("rows", [{ id: 2 }])`,
        ),
      })
      const [first, mine] = [yield* syncAt(root, "other"), yield* syncAt(root, "one")]
      const running = yield* startCli(root, ["sync", "one", "--json"])
      yield* untilLogged(root, "one", "at the gate")
      const before = bytesOf(root)
      for (const args of [[], [mine.run.checkpoint_id!], ["--force"]]) {
        const refused = yield* rollbackAt(root, ...args)
        assert.deepEqual([refused.code, refused.error?._tag], [1, "SyncRunning"])
        assert.strictEqual(refused.error?.["pid"], running.pid)
      }
      assert.deepEqual(bytesOf(root), before)
      assert.strictEqual((yield* rollbackAt(root, first.run.checkpoint_id!)).code, 0)
      open(root)
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0)
      assert.deepEqual(lines(root, "rows.csv"), ["id", "1", "2"])
      assert.deepEqual((yield* rollbackAt(root)).undone, [answerOf(stdout)[0]!.checkpoint_id!])
      assert.deepEqual(lines(root, "rows.csv"), ["id", "1"])
    }),
  )

  it.live(
    "a run that has committed and goes on is shown as running, and is not undone, though it moved no cursor",
    () =>
      Effect.gen(function* () {
        const root = yield* project({
          "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" }, ...gate } }),
          "connectors/one/index.ts": gated(
            `await ctx.insert("rows", [{ id: 1 }])\n    await ctx.checkpoint()`,
            `await ctx.insert("rows", [{ id: 2 }])`,
          ),
        })
        const running = yield* startCli(root, ["sync", "one", "--json"])
        yield* untilLogged(root, "one", "at the gate")
        const [under] = yield* runsAt(root)
        assert.deepInclude(under, { connector: "one", outcome: "running", error: null })
        assert.strictEqual(under?.datasets["rows"]?.rows, 1)
        const { stdout: human } = yield* openislands(["runs"], { cwd: root })
        assert.match(human, /^\S+ {2}running {2}.*rows \+1 row \(insert\)/)
        assert.notInclude(human, "had not ended")
        const { call } = yield* mcpClient(root)
        assert.deepEqual((yield* call("list_runs")).value["runs"], [under])
        assert.deepEqual((yield* call("get_run", { runId: under!.runId })).value["run"], under)

        const before = bytesOf(root)
        for (const args of [[], [under!.checkpoint_id!], ["--force"]]) {
          const { code, error } = yield* rollbackAt(root, ...args)
          assert.deepEqual([code, error?._tag], [1, "SyncRunning"])
          assert.deepInclude(error, { pid: running.pid, runId: under!.runId })
        }
        assert.deepEqual(bytesOf(root), before)
        open(root)
        assert.strictEqual((yield* running.ended).code, 0)
        assert.deepEqual(lines(root, "rows.csv"), ["id", "1", "2"])
        assert.deepInclude((yield* runsAt(root))[0], { runId: under!.runId, outcome: "success" })
        assert.lengthOf((yield* rollbackAt(root)).undone, 2)
      }),
  )

  it.live("a run that was killed after it had committed is no longer running, and can be undone", () =>
    Effect.gen(function* () {
      const root = yield* project({
        "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" }, ...gate } }),
        "connectors/one/index.ts": gated(`await ctx.insert("rows", [{ id: 1 }])\n    await ctx.checkpoint()`, ""),
      })
      const running = yield* startCli(root, ["sync", "one"])
      yield* untilLogged(root, "one", "at the gate")
      running.kill("program", "SIGKILL")
      yield* running.ended
      const [left] = yield* runsAt(root)
      assert.deepEqual([left?.outcome, tagOf(left?.error)], ["partial", "RunUnfinished"])
      assert.deepEqual((yield* rollbackAt(root)).undone, [left!.checkpoint_id!])
    }),
  )
})
