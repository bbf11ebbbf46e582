import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { Directories } from "../../src/layers/watching/Directories.ts"
import { hasEvents } from "../../src/layers/watching/hasEvents.ts"
import { temporaryProject } from "../fixtures/project.ts"

for (const polls of [false, true]) {
  describe(polls ? "directories that are looked at each second" : "directories that the system tells of", () => {
    const watching = Effect.gen(function* () {
      const root = yield* temporaryProject({ "data/one.csv": "a\n", "other/two.csv": "a\n" })
      const seen: Array<string> = []
      const directories = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new Directories({
              polls,
              concerns: (_directory, name) => !name.endsWith(".tmp"),
              onChange: (directory, name) => seen.push(path.relative(root, path.join(directory, name ?? ""))),
            }),
        ),
        (directories) => Effect.sync(() => directories.close()),
      )
      const data = path.join(root, "data")
      directories.set(new Set([root, data, path.join(root, "missing")]))
      const told = (name: string) =>
        Effect.sync(() => seen.includes(name)).pipe(
          Effect.repeat({ until: (isThere) => isThere, schedule: Schedule.spaced("20 millis") }),
          Effect.andThen(Effect.sync(() => void (seen.length = 0))),
        )
      return { root, data, directories, seen, told }
    })

    it.live("notice what is written, replaced and removed in them, and nothing when nothing is", () =>
      Effect.gen(function* () {
        const { data, root, seen, told } = yield* watching
        writeFileSync(path.join(data, "one.csv"), "a\n1\n")
        yield* told("data/one.csv")
        writeFileSync(path.join(root, "new.tmp"), "a\n2\n")
        renameSync(path.join(root, "new.tmp"), path.join(data, "one.csv"))
        yield* told("data/one.csv")
        rmSync(path.join(data, "one.csv"))
        yield* told("data/one.csv")
        yield* Effect.sleep("1500 millis")
        seen.length = 0
        writeFileSync(path.join(root, "other/two.csv"), "a\n2\n")
        yield* Effect.sleep("1500 millis")
        assert.deepEqual(seen, [])
      }),
    )

    it.live("come and go", () =>
      Effect.gen(function* () {
        const { root, data, directories, told } = yield* watching
        rmSync(data, { recursive: true })
        yield* told("data")
        mkdirSync(data)
        yield* told("data")
        // Another directory of the same name.
        directories.set(new Set([root, data]))
        writeFileSync(path.join(data, "three.csv"), "a\n")
        yield* told("data/three.csv")
      }),
    )

    it.live("tell what was put into a new one before they came to look at it, and of those at the start nothing", () =>
      Effect.gen(function* () {
        const { root, data, directories, seen, told } = yield* watching
        yield* Effect.sleep("1200 millis")
        assert.deepEqual(seen, [])
        const late = path.join(root, "late")
        mkdirSync(late)
        writeFileSync(path.join(late, "one.csv"), "a\n")
        writeFileSync(path.join(late, "one.tmp"), "a\n")
        yield* told("late")
        directories.set(new Set([root, data, late]))
        yield* told("late/one.csv")
        directories.set(new Set([root, data, late]))
        assert.deepEqual(seen, [])
      }),
    )
  })
}

it.live("whether the system tells of files is found out without a trace", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    const before = process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length
    assert.isTrue(yield* hasEvents(root))
    assert.deepEqual(readdirSync(root), [])
    // Its watcher is gone, too.
    yield* Effect.sleep("50 millis")
    assert.strictEqual(process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length, before)
    assert.isFalse(yield* hasEvents(path.join(root, "nowhere")))
  }),
)
