import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { everyFormat, fedManifest, fedProject, feed, toAll } from "../fixtures/feeding.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { historyAt, pruneAt, rollbackAt, synced } from "../fixtures/syncing.ts"
import { contentOf } from "../fixtures/tools.ts"

/** Bytes that the history takes. */
const historySize = (root: string): number => {
  const home = path.join(root, ".openislands/history")
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)
}

/** Rows that no two syncs share, and that nothing compresses away. */
const rowsOf = (sync: number) =>
  Array.from({ length: 500 }, (_, at) => ({ id: sync * 1000 + at, text: `${Math.sin(sync * 1000 + at)}` }))

/** In every format where files are looked at; in one, where it is told which checkpoints are kept. */
const grown = Effect.fnUntraced(function* (syncs: number, datasets: Readonly<Record<string, object>> = everyFormat) {
  const root = yield* temporaryProject(fedProject(datasets))
  const states = [contentOf(root)]
  const ids: Array<string> = []
  for (let sync = 1; sync <= syncs; sync++) {
    feed(root, toThese(datasets, sync))
    ids.push((yield* synced(root)).run.checkpoint_id!)
    states.push(contentOf(root))
  }
  return { root, states, ids }
})

const { csv } = everyFormat
const toThese = (datasets: Readonly<Record<string, object>>, sync: number) =>
  toAll("replace", rowsOf(sync)).filter(([output]) => output in datasets)

describe.concurrent("history --prune", () => {
  it.live("forgets all but the newest, frees what they took, and what is kept can be undone", () =>
    Effect.gen(function* () {
      const { root, states, ids } = yield* grown(5)
      const before = historySize(root)
      // The default keeps a hundred.
      assert.deepEqual((yield* pruneAt(root)).pruned, [])
      const answer = yield* pruneAt(root, "--keep", "2")
      assert.hasAllKeys(answer, ["code", "checkpoints", "pruned"])
      assert.deepEqual(answer.pruned, ids.slice(0, 3))
      assert.deepEqual(
        answer.checkpoints.map(({ checkpoint_id: id }) => id),
        [ids[4]!, ids[3]!],
      )
      assert.deepEqual(yield* historyAt(root), answer.checkpoints)
      assert.isBelow(historySize(root), before * 0.6)
      assert.deepEqual(readdirSync(path.join(root, ".openislands/history")).toSorted(), ids.slice(3))
      assert.deepEqual(contentOf(root), states[5])

      const gone = yield* rollbackAt(root, ids[2]!)
      assert.deepEqual([gone.code, gone.error?._tag], [1, "UnknownCheckpoint"])
      for (const left of [4, 3]) {
        yield* rollbackAt(root)
        assert.deepEqual(contentOf(root), states[left])
      }
      const none = yield* rollbackAt(root)
      assert.deepEqual([none.code, none.error?._tag], [1, "NothingToUndo"])
    }),
  )

  it.live("keeps what a rollback among the newest would need to be undone, and says so", () =>
    Effect.gen(function* () {
      const { root, states, ids } = yield* grown(3, { csv })
      const { checkpoint_id: undo } = yield* rollbackAt(root, ids[1]!)
      const human = yield* openislands(["history", "--prune", "--keep", "1"], { cwd: root })
      assert.deepEqual(human, {
        code: 0,
        stdout: "forgotten: 1 checkpoint; kept: 3, for a rollback among them needs what it undid\n",
        stderr: "",
      })
      yield* rollbackAt(root, undo)
      assert.deepEqual(contentOf(root), states[3])
    }),
  )

  it.live("goes by the manifest's history, in checkpoints and in bytes; a number needs no manifest", () =>
    Effect.gen(function* () {
      const { root, ids } = yield* grown(4, { csv })
      const limit = (history: object) =>
        writeFileSync(path.join(root, "manifest.json"), fedManifest({ csv }, { history }))
      limit({ checkpoints: 3 })
      const human = yield* openislands(["history", "--prune"], { cwd: root })
      assert.strictEqual(human.stdout, "forgotten: 1 checkpoint; kept: 3\n")
      limit({ bytes: "1KiB" })
      assert.deepEqual((yield* pruneAt(root)).pruned, ids.slice(1, 3))
      // A sync prunes by itself.
      limit({ checkpoints: 1 })
      feed(root, toThese({ csv }, 9))
      const { run } = yield* synced(root)
      assert.deepEqual(
        (yield* historyAt(root)).map(({ checkpoint_id: id }) => id),
        [run.checkpoint_id!],
      )

      writeFileSync(path.join(root, "manifest.json"), "{ broken")
      const broken = yield* pruneAt(root)
      assert.strictEqual(broken.code, 1)
      assert.deepEqual((yield* pruneAt(root, "--keep", "1")).pruned, [])
      for (const args of [
        ["--keep", "0"],
        ["--keep", "-1"],
        ["--keep", "few"],
      ]) {
        const wrong = yield* pruneAt(root, ...args)
        assert.deepEqual([wrong.code, wrong.error?._tag], [2, "UsageError"], args.join(" "))
      }
      const alone = yield* openislands(["history", "--keep", "1"], { cwd: root })
      assert.strictEqual(alone.code, 2)
      assert.include(alone.stderr, "--keep only goes with --prune")
    }),
  )
})
