import { Effect } from "effect"
import { it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { setImmediate } from "node:timers/promises"
import { assert } from "vitest"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { bytesOf, leftOverIn, nothingLeft, projectOf, startCli, synced, syncing } from "../fixtures/syncing.ts"

const files = {
  "manifest.json": projectOf(["visits.csv", "sleep.jsonl"], { whoop: { datasets: { rows: "visits", more: "sleep" } } }),
  "connectors/whoop/index.ts": syncing(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    const rows = Array.from({ length: 20_000 }, (_, at) => ({ n, at, text: "a text that takes some bytes" }))
    await ctx.insert("rows", rows)
    await ctx.replace("more", rows)`),
}

const plansIn = (root: string): ReadonlyArray<string> => {
  const journal = path.join(root, ".openislands/journal")
  return existsSync(journal) ? readdirSync(journal).filter((id) => existsSync(path.join(journal, id, "plan.json"))) : []
}

/** Kills syncs with SIGKILL as soon as their journal is there, until one was killed in time. */
const cutShort = (root: string) =>
  Effect.gen(function* () {
    const { kill, ended } = yield* startCli(root, ["sync"])
    let over = false
    yield* Effect.forkScoped(Effect.tap(ended, () => Effect.sync(() => (over = true))))
    yield* Effect.promise(async () => {
      while (!over && plansIn(root).length === 0) await setImmediate()
    })
    if (!over) kill("program", "SIGKILL")
    yield* ended
    return plansIn(root)
  }).pipe(Effect.scoped, Effect.repeat({ until: (plans) => plans.length > 0, times: 30 }))

it.live("a sync that was killed is told once, in one line on stderr, also with --json", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* synced(root)
    const plans = yield* cutShort(root)
    assert.lengthOf(plans, 1)
    const json = yield* openislands(["history", "--json"], { cwd: root })
    assert.strictEqual(json.code, 0, json.stderr)
    const { checkpoints } = JSON.parse(json.stdout) as { readonly checkpoints: ReadonlyArray<object> }
    assert.isNotEmpty(checkpoints)
    const [id] = plans
    const day = new Date().toISOString().slice(0, 7)
    assert.match(
      json.stderr,
      new RegExp(
        `^warning: a sync of "whoop" that was cut short \\(checkpoint ${id}, ${day}-\\d\\d \\d\\d:\\d\\d UTC\\) was undone: visits, sleep are as they were before it\\n$`,
      ),
    )
    const now = bytesOf(root)
    const again = yield* openislands(["history"], { cwd: root })
    assert.deepEqual([again.code, again.stderr], [0, ""])
    // What it says is so: the number of syncs in the history is that of the cursor and of the rows.
    const { n } = JSON.parse(now[".openislands/state/whoop.json"]!) as { readonly n: number }
    assert.strictEqual(n, checkpoints.length)
    assert.strictEqual(readFileSync(path.join(root, "data/visits.csv"), "utf8").split("\n").length, n * 20_000 + 2)
    // What was staged is swept by the connector's next sync.
    yield* synced(root)
    assert.deepEqual(leftOverIn(root), nothingLeft)
  }),
)
