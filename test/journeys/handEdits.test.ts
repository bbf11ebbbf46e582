import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ValidationReport } from "../../src/services/ConnectorCatalog.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  asked,
  bytesOf,
  historyAt,
  leftOverIn,
  nothingLeft,
  oneOutput,
  rollbackAt,
  syncAt,
  synced,
} from "../fixtures/syncing.ts"

const inserting = `    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    await ctx.insert("rows", [{ id: n * 10, name: "ours" }, { id: n * 10 + 1, name: "ours" }])`

const formats = {
  csv: { brought: "\uFEFFname,id\r\nmine,1", behind: "mine,2\r\n", edited: ["mine,1", "edited,1"] },
  jsonl: { brought: '{"id":1,"name":"mine"}', behind: '{"id":2,"name":"mine"}\n', edited: ["mine", "edited"] },
} as const

for (const [format, { brought, behind, edited }] of Object.entries(formats)) {
  const name = `rows.${format}`
  /** A file of the user's, to which two syncs have added rows. */
  const twice = Effect.gen(function* () {
    const root = yield* temporaryProject({ ...oneOutput(inserting, name), [`data/${name}`]: brought })
    const file = path.join(root, "data", name)
    const read = () => readFileSync(file, "utf8")
    const states = [read()]
    for (let sync = 0; sync < 2; sync++) {
      yield* synced(root)
      states.push(read())
    }
    return { root, file, read, states }
  })

  describe.concurrent(`${format}: an edit by hand`, () => {
    it.live("behind our bytes is refused by an undo, and kept by a forced one", () =>
      Effect.gen(function* () {
        const { root, file, read, states } = yield* twice
        appendFileSync(file, behind)
        const before = bytesOf(root)
        const history = yield* historyAt(root)
        const refused = yield* rollbackAt(root)
        assert.deepEqual([refused.code, refused.error?._tag], [1, "DatasetChanged"])
        assert.match(refused.error?.suggestion ?? "", /--force/)
        assert.deepEqual(bytesOf(root), before)
        assert.deepEqual(yield* historyAt(root), history)

        const forced = yield* rollbackAt(root, "--force")
        assert.strictEqual(forced.code, 0)
        assert.strictEqual(read(), states[1]! + behind)
        // Only what is ours comes back, and goes behind what stands there now, or is refused.
        const redone = yield* rollbackAt(root, forced.checkpoint_id)
        assert.strictEqual(redone.code, 1)
        assert.strictEqual(read(), states[1]! + behind)
        // The next sync brings the undone rows again.
        yield* synced(root)
        assert.strictEqual(read(), states[1]! + behind + states[2]!.slice(states[1]!.length))
        assert.deepEqual(leftOverIn(root), nothingLeft)
      }),
    )

    it.live("behind our bytes is built on by the next sync, and stays when that is undone", () =>
      Effect.gen(function* () {
        const { root, file, read, states } = yield* twice
        appendFileSync(file, behind)
        yield* synced(root)
        assert.isTrue(read().startsWith(states[2]! + behind))
        assert.strictEqual((yield* rollbackAt(root)).code, 0)
        assert.strictEqual(read(), states[2]! + behind)
        assert.strictEqual((yield* rollbackAt(root)).error?._tag, "DatasetChanged")
        assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
        assert.strictEqual(read(), states[1]! + behind)
        assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
        assert.strictEqual(read(), states[0]! + (format === "csv" ? "\r\n" : "\n") + behind)
      }),
    )

    it.live("before our bytes forbids an undo, forced or not, until it is taken back", () =>
      Effect.gen(function* () {
        const { root, file, read, states } = yield* twice
        writeFileSync(file, read().replace(edited[0], edited[1]))
        const before = bytesOf(root)
        for (const force of [[], ["--force"]]) {
          const { code, error } = yield* rollbackAt(root, ...force)
          assert.deepEqual([code, error?._tag], [1, "CannotUndo"], force.join())
          assert.deepEqual(bytesOf(root), before)
        }
        writeFileSync(file, states[2]!)
        assert.strictEqual((yield* rollbackAt(root)).error?._tag, "DatasetChanged")
        assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
        assert.strictEqual(read(), states[1])
      }),
    )

    // What the store makes of these does not differ between the two.
    if (format === "csv") {
      it.live("in our bytes forbids an undo; the next sync goes on with it", () =>
        Effect.gen(function* () {
          const { root, file, read, states } = yield* twice
          const mended = states[2]!.replace(/ours(?=[^o]*$)/, "OURS")
          assert.notStrictEqual(mended, states[2])
          writeFileSync(file, mended)
          const { error } = yield* rollbackAt(root, "--force")
          assert.strictEqual(error?._tag, "CannotUndo")
          assert.match(
            error?.suggestion ?? "",
            /^--force keeps only what was added behind the synced rows\. Take the edit/,
          )
          assert.strictEqual(read(), mended)
          yield* synced(root)
          assert.isTrue(read().startsWith(mended))
        }),
      )

      it.live("that breaks the contract is told by the next sync, which writes nothing", () =>
        Effect.gen(function* () {
          const { root, file, states } = yield* twice
          writeFileSync(file, states[2]!.replace("20", "twenty"))
          const before = bytesOf(root)
          const { code, errorTag, run } = yield* syncAt(root)
          assert.deepEqual([code, errorTag], [1, "DatasetChanged"])
          // The header is the first line.
          assert.match(JSON.stringify(run.error), /: line 5, column \\"id\\" should be integer, it is \\"twenty/)
          assert.deepEqual(bytesOf(root), before)
        }),
      )

      it.live("that removes the file is told by the next sync, and by an undo", () =>
        Effect.gen(function* () {
          const { root, file, read, states } = yield* twice
          rmSync(file)
          const gone = bytesOf(root)
          const { ok, warnings } = yield* asked<ValidationReport>(["validate"], { cwd: root })
          assert.deepEqual([ok, warnings.map(({ _tag }) => _tag)], [true, ["DatasetChanged"]])
          assert.deepInclude(warnings[0], { dataset: "rows", file: "manifest.json", path: "datasets.rows" })
          assert.strictEqual((yield* syncAt(root)).errorTag, "DatasetChanged")
          const undone = (yield* rollbackAt(root)).error
          assert.strictEqual(undone?._tag, "CannotUndo")
          assert.match(undone!.message, /was deleted or moved$/)
          assert.deepEqual(bytesOf(root), gone)
          writeFileSync(file, states[2]!)
          yield* synced(root)
          assert.isTrue(read().startsWith(states[2]!))
        }),
      )
    }
  })

  it.live(`${format}: an edit behind a file that a sync replaced: refused by an undo, and kept by a forced one`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        ...oneOutput(inserting.replace("insert", "replace"), name),
        [`data/${name}`]: brought,
      })
      const file = path.join(root, "data", name)
      yield* synced(root)
      const ours = readFileSync(file, "utf8")
      appendFileSync(file, behind)
      assert.strictEqual((yield* rollbackAt(root)).error?._tag, "DatasetChanged")
      assert.strictEqual(readFileSync(file, "utf8"), ours + behind)
      assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
      // Whole lines, though the user's own file had no final line break.
      const gap = format === "csv" ? "\r\n" : "\n"
      assert.strictEqual(readFileSync(file, "utf8"), brought + gap + behind)
    }),
  )

  it.live(`${format}: an edit behind a file of which nothing else is left when all that was synced is undone`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(inserting, name))
      yield* synced(root)
      yield* synced(root)
      const file = path.join(root, "data", name)
      appendFileSync(file, format === "csv" ? "3,mine\n" : behind)
      assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
      assert.strictEqual((yield* rollbackAt(root, "--force")).code, 0)
      // A CSV's row means nothing without its header.
      assert.strictEqual(readFileSync(file, "utf8"), format === "csv" ? "id,name\n3,mine\n" : behind)
      yield* synced(root)
      assert.lengthOf(readFileSync(file, "utf8").trimEnd().split("\n"), format === "csv" ? 4 : 3)
    }),
  )
}
