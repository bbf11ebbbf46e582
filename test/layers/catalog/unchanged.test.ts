import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { whileUnchanged } from "../../../src/layers/catalog/unchanged.ts"
import * as NodeProject from "../../../src/layers/NodeProject.ts"
import { Project } from "../../../src/services/Project.ts"
import { temporaryProject } from "../../fixtures/project.ts"

/** What is asked for anew after each change of files, among a thousand connectors. */
const scene = Effect.gen(function* () {
  const names = Array.from({ length: 1_000 }, (_, index) => `c${index}`)
  const root = yield* temporaryProject({
    "manifest.json": "{}",
    "connectors/a/index.ts": "",
    ".openislands/runs/c1.jsonl": "1",
  })
  const project = yield* Project.pipe(Effect.provide(NodeProject.layerAt(root)))
  const undone = new Map<string, number>()
  let asked: Array<string> = []
  let version = 0
  const { answer, forget } = yield* whileUnchanged(project, {
    load: Effect.sync(() => ++version),
    names: () => names,
    answer: (loaded, name) => {
      asked.push(name)
      return Effect.succeed(`${name} of ${loaded}`)
    },
    undone: Effect.sync(() => new Map(undone)),
  })
  const look = Effect.gen(function* () {
    asked = []
    const all = yield* answer
    assert.deepEqual([...all.keys()], names)
    return asked
  })
  const change = (file: string, text: string): void => {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
  return { look, forget, change, undone, names, root }
})

describe("answers for each connector", () => {
  it.effect("are worked out anew for the one that has changed", () =>
    Effect.gen(function* () {
      const { look, change, undone } = yield* scene
      assert.lengthOf(yield* look, 1_000)
      assert.deepEqual(yield* look, [])
      change(".openislands/runs/c1.jsonl", "1 and more")
      assert.deepEqual(yield* look, ["c1"])
      change(".openislands/runs/c2.jsonl", "its first")
      change(".openislands/connectors/c3.json", "{}")
      assert.deepEqual(yield* look, ["c2", "c3"])
      // A commit of whoever it is.
      change(".openislands/history/00000001-aaaa/plan.json", "{}")
      assert.deepEqual(yield* look, [])
      undone.set("c4", 7)
      change(".openislands/history/00000002-aaaa/plan.json", "{}")
      assert.deepEqual(yield* look, ["c4"])
    }),
  )

  it.effect("are worked out, and their changes seen, beside links that lead to themselves", () =>
    Effect.gen(function* () {
      const { look, change, root } = yield* scene
      for (const name of [".env", "connectors/a/link"]) fs.symlinkSync(path.basename(name), path.join(root, name))
      assert.lengthOf(yield* look, 1_000)
      assert.deepEqual(yield* look, [])
      change("connectors/a/index.ts", "something else")
      assert.lengthOf(yield* look, 1_000)
      fs.rmSync(path.join(root, ".env"))
      assert.lengthOf(yield* look, 1_000)
    }),
  )

  it.effect("are worked out anew for all when something changes that all could come from, and from time to time", () =>
    Effect.gen(function* () {
      const { look, change, forget } = yield* scene
      assert.lengthOf(yield* look, 1_000)
      for (const file of ["manifest.json", ".env", "connectors/a/helper.ts"]) {
        change(file, "something else")
        assert.lengthOf(yield* look, 1_000, file)
        assert.lengthOf(yield* look, 0, file)
      }
      yield* TestClock.adjust("4 minutes")
      // Looking at one of them puts nothing off.
      change(".openislands/runs/c1.jsonl", "1 and more")
      assert.deepEqual(yield* look, ["c1"])
      yield* TestClock.adjust("2 minutes")
      assert.lengthOf(yield* look, 1_000)
      yield* forget
      assert.lengthOf(yield* look, 1_000)
      yield* TestClock.setTime(0)
      assert.lengthOf(yield* look, 1_000)
    }),
  )
})
