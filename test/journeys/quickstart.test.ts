import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { cp, readdir, readFile, rm } from "node:fs/promises"
import * as path from "node:path"
import type { Checkpoint } from "../../src/services/domain/Checkpoint.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"

const example = path.join(import.meta.dirname, "..", "..", "examples", "quickstart")

/** A copy of the example as a fresh clone has it. */
const quickstart = Effect.gen(function* () {
  const root = yield* temporaryProject({})
  yield* Effect.promise(async () => {
    await cp(example, root, { recursive: true })
    for (const made of [".openislands", "data", "exports/2015-07.csv"])
      await rm(path.join(root, made), { recursive: true, force: true })
  })
  const json = Effect.fnUntraced(function* <A>(...args: ReadonlyArray<string>) {
    const { code, stdout, stderr } = yield* openislands([...args, "--json"], { cwd: root })
    assert.strictEqual(stderr, "")
    assert.strictEqual(code, 0, stdout)
    return JSON.parse(stdout) as A
  })
  const sync = json<{ readonly runs: ReadonlyArray<Run> }>("sync").pipe(Effect.map(({ runs }) => runs[0]!))
  /** Every dataset, and the cursor. */
  const bytes = Effect.promise(async () => {
    const found: Record<string, string> = {}
    for (const directory of ["data", ".openislands/state"]) {
      for (const name of await readdir(path.join(root, directory)).catch(() => [])) {
        found[name] = await readFile(path.join(root, directory, name), "utf8")
      }
    }
    return found
  })
  const arrive = Effect.promise(() => cp(path.join(root, "later"), path.join(root, "exports"), { recursive: true }))
  return { root, json, sync, bytes, arrive }
})

interface RolledBack {
  readonly checkpoint_id: string
  readonly undone: ReadonlyArray<string>
}

it.live("the example: sync, sync, undo, undo, redo, sync", () =>
  Effect.gen(function* () {
    const { json, sync, bytes, arrive } = yield* quickstart
    const fresh = yield* bytes
    const first = yield* sync
    assert.deepEqual(first.datasets, {
      observations: { output: "observations", mode: "insert", rows: 362 },
      stations: { output: "stations", mode: "replace", rows: 2 },
    })
    const afterFirst = yield* bytes
    assert.deepEqual(Object.keys(afterFirst).toSorted(), ["observations.csv", "stations.jsonl", "weather.json"])
    assert.strictEqual(afterFirst["observations.csv"]?.split("\n").length, 1 + 362 + 1)

    assert.deepInclude(yield* sync, { outcome: "success", checkpoint_id: null })
    assert.deepEqual(yield* bytes, afterFirst)

    yield* arrive
    const second = yield* sync
    assert.strictEqual(second.datasets["observations"]?.rows, 62)
    const afterSecond = yield* bytes

    const undo = yield* json<RolledBack>("rollback")
    assert.deepEqual(undo.undone, [second.checkpoint_id!])
    assert.deepEqual(yield* bytes, afterFirst)
    const undoFirst = yield* json<RolledBack>("rollback", ".")
    assert.deepEqual(undoFirst.undone, [first.checkpoint_id!])
    assert.deepEqual(yield* bytes, fresh)

    yield* json("rollback", undoFirst.checkpoint_id)
    assert.deepEqual(yield* bytes, afterFirst)
    yield* json("rollback", ".", undo.checkpoint_id)
    assert.deepEqual(yield* bytes, afterSecond)

    yield* json("rollback", second.checkpoint_id!)
    assert.strictEqual((yield* sync).datasets["observations"]?.rows, 62)
    assert.deepEqual(yield* bytes, afterSecond)

    const { runs } = yield* json<{ readonly runs: ReadonlyArray<Run> }>("runs", "weather")
    assert.lengthOf(runs, 4)
    assert.deepInclude(runs, second)
    const { checkpoints } = yield* json<{ readonly checkpoints: ReadonlyArray<Checkpoint> }>("history")
    assert.lengthOf(checkpoints, 8)
    const { lines } = yield* json<{ readonly lines: ReadonlyArray<{ readonly text: string }> }>("logs", second.runId)
    assert.deepEqual(
      lines.map(({ text }) => text),
      ["2015-07.csv: 62 observations"],
    )
  }),
)

it.live("what the commands say to people", () =>
  Effect.gen(function* () {
    const { root } = yield* quickstart
    const say = (...args: ReadonlyArray<string>) => openislands(args, { cwd: path.dirname(root) })
    const name = path.basename(root)
    const nothing = yield* say("history", `./${name}`)
    assert.deepInclude(nothing, { code: 0, stdout: "no checkpoints: nothing has been written yet\n" })
    assert.deepInclude(yield* say("runs", name), { code: 0, stdout: "nothing has run yet\n" })
    const undo = yield* say("rollback", name)
    assert.strictEqual(undo.code, 1)
    assert.match(undo.stderr, /^error: there is nothing to undo\n {2}A sync that writes rows makes a checkpoint/)
    const sync = yield* say("sync", "--project", name)
    assert.strictEqual(sync.code, 0)
    assert.match(sync.stdout, /^weather {2}observations \+362 rows \(insert\), .*; checkpoint \S+\n$/)
    const again = yield* say("sync", name, "weather")
    assert.match(again.stdout, /; nothing changed\n$/)
    const undone = yield* say("rollback", name)
    // What is said to do next works from where it was said.
    const shown =
      /^undone {2}(\S+)\nobservations: [\d,]+ rows taken back\nstations: 2 rows taken back\nto take this back: openislands (rollback \S+ \S+)\n$/
    assert.match(undone.stdout, shown)
    const [, checkpoint, back] = shown.exec(undone.stdout)!
    const redone = yield* say(...back!.split(" "))
    assert.include(redone.stdout, `redone  ${checkpoint}\n`)
    const wrong = yield* say("sync", name, "wether")
    assert.strictEqual(wrong.code, 1)
    assert.match(wrong.stderr, /Did you mean "weather"\?/)
    for (const command of ["history", "runs", "rollback", "tokens", "status"]) {
      const lost = yield* say(command, "./nowhere")
      assert.match(
        lost.stderr,
        /^error: (there is no manifest\.json in \S*nowhere\n|\S*nowhere is not a project)/,
        command,
      )
      assert.strictEqual(lost.code, 1)
    }
    assert.isFalse(existsSync(path.join(path.dirname(root), "nowhere")))
    // Its only connector's newest run.
    const logs = yield* say("logs", name)
    assert.strictEqual(logs.code, 0)
    assert.match(logs.stderr, /^of the newest run: \S+-weather-\S+\n.*the run succeeded\n$/)
    assert.strictEqual((yield* say("logs", name, "x")).code, 1)
  }),
)
