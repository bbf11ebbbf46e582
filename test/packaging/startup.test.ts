import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { assertWithin } from "../fixtures/budgets.ts"
import { openislands } from "../fixtures/cli.ts"
import { manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

interface Coverage {
  readonly result: ReadonlyArray<{ readonly url: string }>
}

/** The files that each process of a command loaded, as V8 tells it. */
const loadedBy = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const root = yield* temporaryProject({ "manifest.json": manifest({}) })
  const told = path.join(root, "told")
  const { code, stderr } = yield* openislands(args, { cwd: root, env: { NODE_V8_COVERAGE: told } })
  assert.strictEqual(code, 0, stderr)
  return readdirSync(told).map((file) => {
    const { result } = JSON.parse(readFileSync(path.join(told, file), "utf8")) as Coverage
    return result.flatMap(({ url }) => (url.startsWith("file:") ? [fileURLToPath(url)] : []))
  })
})

const namesOf = (files: ReadonlyArray<string>): Array<string> => files.map((file) => path.basename(file))

describe.concurrent("what is loaded", () => {
  for (const args of [["--version"], ["status"], ["history", "--json"]]) {
    it.live(`by ${args.join(" ")}: its part of the program, in one process`, () =>
      Effect.gen(function* () {
        const [files = [], ...others] = yield* loadedBy(...args)
        assert.lengthOf(others, 0)
        assert.includeMembers(namesOf(files), ["bin.mjs", "cli.mjs"])
        const bytes = files.map((file) => statSync(file).size)
        assertWithin(
          "code that a command loads when it starts",
          bytes.reduce((all, one) => all + one, 0),
        )
      }),
    )
  }

  it.live("by mcp: the program in the process that serves, and not in the one that its client knows", () =>
    Effect.gen(function* () {
      const processes = (yield* loadedBy("mcp")).map(namesOf)
      assert.lengthOf(processes, 2)
      const [relay, server] = processes.toSorted((one, other) => one.length - other.length)
      assert.includeMembers(server!, ["bin.mjs", "cli.mjs"])
      assert.include(relay!, "launch.mjs")
      assert.isAtMost(relay!.length, 4, relay!.join(", "))
    }),
  )
})
