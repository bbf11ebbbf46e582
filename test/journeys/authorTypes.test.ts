import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { cp, readFile, rm, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { inject } from "vitest"
import { pagings } from "../../src/programs/cli/scaffold/paging.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { packed, registryOf } from "../fixtures/registry.ts"
import { typeCheck } from "../fixtures/typeCheck.ts"

const isIgnored = (file: string) => /[\\/](\.openislands|node_modules|\.env)$/.test(file)

/** What somebody gets who clones a project: nothing that git ignores. */
const cloneOf = Effect.fnUntraced(function* (root: string) {
  const clone = yield* temporaryProject({})
  yield* Effect.promise(() => cp(root, clone, { recursive: true, filter: (file) => !isIgnored(file) }))
  return clone
})

const nodeTest = (root: string) =>
  Effect.callback<string>((resume) => {
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
    execFile(process.execPath, ["--test"], { cwd: root, env }, (failed, out, err) =>
      resume(Effect.succeed(failed === null ? "" : out + err)),
    )
  })

const file = "connectors/my-bank/index.ts"

/** A sound connector is sound, and a mistake in it is found where it stands. */
const assertChecked = Effect.fnUntraced(function* (root: string) {
  assert.strictEqual(yield* typeCheck(root), "")
  const source = yield* Effect.promise(() => readFile(path.join(root, file), "utf8"))
  for (const [from, to] of [
    [`ctx.upsert("items"`, `ctx.upsert("itms"`],
    ["ctx.config.since", "ctx.config.sinc"],
    [`key: "id"`, `key: "idd"`],
    ["page.items,", "[{ id: 1 }],"],
  ] as const) {
    assert.include(source, from)
    yield* Effect.promise(() => writeFile(path.join(root, file), source.replace(from, to)))
    assert.match(yield* typeCheck(root), new RegExp(`^${file.replaceAll(".", "\\.")}\\(\\d+,\\d+\\): error TS`))
  }
  yield* Effect.promise(() => writeFile(path.join(root, file), source))
})

it.live(
  "connectors are type-checked in a fresh clone, and after an install of the packed kit; then their tests run as well",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* openislands(["init"], { cwd: root })
      yield* openislands(["new", "my-bank", "--auth", "bearer"], { cwd: root })
      for (const paging of pagings) {
        const { code } = yield* openislands(["new", `by-${paging}`, "--paging", paging], { cwd: root })
        assert.strictEqual(code, 0)
      }
      const clone = yield* cloneOf(root)
      assert.include(yield* typeCheck(clone), "Cannot find module")
      yield* openislands(["status"], { cwd: clone })
      yield* assertChecked(clone)

      const registry = yield* registryOf([yield* packed(path.join(path.dirname(inject("cli")), "kit"))], ["zod"])
      yield* registry.install(clone)
      assert.includeMembers(registry.asked, ["/@openislands/connector-kit", "/zod"])
      // What is installed comes first; the copies are not even needed.
      const types = path.join(clone, ".openislands", "types")
      yield* Effect.promise(async () => {
        await rm(path.join(types, "zod"), { recursive: true })
        await rm(path.join(types, "@openislands"), { recursive: true })
      })
      yield* assertChecked(clone)
      assert.strictEqual(yield* nodeTest(clone), "")
    }),
  180_000,
)

it.live("the connectors of the catalog type-check where they are copied to, before any install", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* openislands(["init"], { cwd: root })
    const catalog = path.join(import.meta.dirname, "..", "..", "examples", "catalog", "connectors")
    yield* Effect.promise(() => cp(catalog, path.join(root, "connectors"), { recursive: true }))
    assert.strictEqual(yield* typeCheck(root), "")
  }),
)
