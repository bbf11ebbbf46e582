import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"

/** A project with two connectors as they are written, and nothing installed. */
const project = Effect.gen(function* () {
  const root = yield* temporaryProject({})
  yield* openislands(["init"], { cwd: root })
  yield* openislands(["new", "people"], { cwd: root })
  yield* openislands(["new", "pets", "--auth", "bearer"], { cwd: root })
  assert.isFalse(existsSync(path.join(root, "node_modules")))
  return root
})

const edit = (file: string, from: string, to: string): void => {
  const text = readFileSync(file, "utf8")
  assert.include(text, from)
  writeFileSync(file, text.replace(from, to))
}

describe("openislands test", () => {
  it.live("runs what lies beside the connectors with our own kit and zod, without an install", () =>
    Effect.gen(function* () {
      const root = yield* project
      edit(path.join(root, "package.json"), `"type": "module"`, `"type": "commonjs"`)
      const all = yield* openislands(["test"], { cwd: root })
      assert.strictEqual(all.code, 0, all.stdout + all.stderr)
      assert.match(all.stdout, /pass 2\n/)
      assert.strictEqual(all.stderr, "")
      const { stdout } = yield* openislands(["test", "pets", "--json"], { cwd: root })
      const { ok, tests } = JSON.parse(stdout)
      assert.isTrue(ok)
      assert.lengthOf(tests, 1)
      assert.isAbove(tests[0].durationMs, 0)
      assert.deepEqual(
        { ...tests[0], durationMs: 0 },
        {
          file: "connectors/pets/index.test.ts",
          name: "takes every page, and goes on from the newest item",
          outcome: "passed",
          durationMs: 0,
          error: null,
        },
      )
    }),
  )

  it.live("tells what failed and why, also of code that doesn't compile, and what was left out", () =>
    Effect.gen(function* () {
      const root = yield* project
      edit(path.join(root, "connectors/pets/index.ts"), "const since", "const const since")
      const beside = path.join(root, "connectors/people/more.test.mjs")
      writeFileSync(
        beside,
        `import { suite, test } from "node:test"
suite("all", () => {
  test("breaks", () => { throw new Error("the pens are out") })
  test("waits", { skip: "for rain" }, () => {})
  test("is wanted", { todo: true }, () => { throw new Error("later") })
})
`,
      )
      const { code, stdout } = yield* openislands(["test", "--json"], { cwd: root })
      assert.strictEqual(code, 1)
      const { ok, tests } = JSON.parse(stdout)
      assert.isFalse(ok)
      const outcomes = Object.fromEntries(tests.map(({ name, outcome }: Record<string, string>) => [name, outcome]))
      assert.deepInclude(outcomes, { breaks: "failed", waits: "skipped", "is wanted": "todo" })
      assert.strictEqual(
        tests.find(({ name }: { readonly name: string }) => name === "breaks").error,
        "the pens are out",
      )
      assert.deepEqual(
        tests
          .filter(({ outcome }: { readonly outcome: string }) => outcome === "failed")
          .map(({ file }: { readonly file: string }) => file)
          .toSorted(),
        ["connectors/people/more.test.mjs", "connectors/pets/index.test.ts"],
      )
      const people = yield* openislands(["test", "people"], { cwd: root })
      assert.strictEqual(people.code, 1)
      assert.include(people.stdout, "the pens are out")
    }),
  )

  it.live("fails by what is around the tests, and tells of a file that doesn't come to them why", () =>
    Effect.gen(function* () {
      const root = yield* project
      const beside = (name: string, text: string) => writeFileSync(path.join(root, "connectors/people", name), text)
      beside(
        "hook.test.mjs",
        `import { after, suite, test } from "node:test"
suite("all", () => {
  after(() => { throw new Error("the door was left open") })
  test("passes", () => {})
})
`,
      )
      const asked = Effect.map(openislands(["test", "people", "--json"], { cwd: root }), ({ code, stdout }) => {
        const { ok, tests } = JSON.parse(stdout)
        return { code, ok, failed: tests.filter(({ outcome }: { readonly outcome: string }) => outcome === "failed") }
      })
      const hook = yield* asked
      assert.deepInclude(hook, { code: 1, ok: false })
      assert.deepInclude(hook.failed[0], { name: "all", error: "the door was left open" })

      beside("hook.test.mjs", `import "./nowhere.mjs"\n`)
      const broken = yield* asked
      assert.deepInclude(broken, { code: 1, ok: false })
      assert.strictEqual(broken.failed[0].name, "connectors/people/hook.test.mjs")
      assert.match(broken.failed[0].error, /^the file ended with exit code 1\n[^]*Cannot find module '.*nowhere\.mjs'/)
    }),
  )

  it.live("says so where there is nothing to run", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* openislands(["init"], { cwd: root })
      const none = yield* openislands(["test"], { cwd: root })
      assert.strictEqual(none.code, 2)
      assert.match(none.stderr, /^error: no connector has a test\n.*\.test\.ts/)
      const unknown = yield* openislands(["test", "whoop"], { cwd: root })
      assert.strictEqual(unknown.code, 1)
      assert.include(unknown.stderr, 'no connector "whoop"')
    }),
  )
})
