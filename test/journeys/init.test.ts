import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync, realpathSync } from "node:fs"
import { access, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { inject } from "vitest"
import { exampleNames } from "../../src/programs/cli/scaffold/exampleFiles.ts"
import { exampleAt } from "../../src/programs/examples.ts"
import { openislands } from "../fixtures/cli.ts"
import { connector, inBothForms, manifest, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

interface Init {
  readonly directory: string
  readonly created: ReadonlyArray<string>
  readonly kept: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<{ readonly _tag: string }>
}

const exists = (file: string) =>
  Effect.promise(() =>
    access(file).then(
      () => true,
      () => false,
    ),
  )

/** Where npx finds the program. */
const installed = { "node_modules/.bin/openislands": "" }

describe.concurrent("init", () => {
  it.live("then validate is green, and so is a connector that is copied in and declared", () =>
    Effect.gen(function* () {
      const root = path.join(yield* temporaryProject({}), "new", "project")
      const made = yield* openislands(["init", root], { cwd: "/" })
      assert.strictEqual(made.code, 0)
      assert.include(made.stdout, `project in ${root}`)
      assert.include(made.stdout, "created manifest.json")
      assert.notInclude(made.stdout + made.stderr, "warning")
      const empty = yield* validate(root)
      assert.strictEqual(empty.code, 0)
      assert.include(empty.human, "ok: 0 connectors")

      yield* Effect.promise(async () => {
        await writeFile(path.join(root, "manifest.json"), manifest({ connectors: { module: "connectors" } }))
        await writeFile(path.join(root, "connectors", "index.ts"), connector())
      })
      const filled = yield* validate(root)
      assert.strictEqual(filled.code, 0)
      assert.include(filled.human, "ok: 1 connector")
    }),
  )

  it.live("never overwrites: a second one keeps every byte", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{ /* mine */ }", ".gitignore": ".env\n.openislands\n" })
      const first = (yield* openislands(["init", "--json"], { cwd: root })).stdout
      assert.deepEqual((JSON.parse(first) as Init).kept, [".gitignore", "manifest.json"])
      yield* Effect.promise(() => writeFile(path.join(root, "package.json"), "{}"))
      const { code, document, human } = yield* inBothForms<Init>(["init"], { cwd: root })
      assert.strictEqual(code, 0)
      assert.deepEqual(document.created, [])
      assert.include(human, "kept    package.json (was there already)")
      const read = (name: string) => Effect.promise(() => readFile(path.join(root, name), "utf8"))
      assert.strictEqual(yield* read("package.json"), "{}")
      assert.strictEqual(yield* read("manifest.json"), "{ /* mine */ }")
    }),
  )

  it.live("tells agents of the project, beside whatever the file tells them already", () =>
    Effect.gen(function* () {
      const server = { command: "npx", args: ["--no", "openislands", "mcp"] }
      const inited = Effect.fnUntraced(function* (
        text: string | null,
        own: Record<string, string> = installed,
        env: NodeJS.ProcessEnv = {},
      ) {
        const root = yield* temporaryProject(text === null ? own : { ...own, ".mcp.json": text })
        const { stdout } = yield* openislands(["init", "--json"], { cwd: root, env })
        const after = yield* Effect.promise(() => readFile(path.join(root, ".mcp.json"), "utf8"))
        const ignored = readFileSync(path.join(root, ".gitignore"), "utf8").split("\n").includes(".mcp.json")
        return { ...(JSON.parse(stdout) as Init & { readonly changed: ReadonlyArray<string> }), after, ignored }
      })
      const made = yield* inited(null)
      assert.include(made.created, ".mcp.json")
      assert.deepEqual(JSON.parse(made.after), { mcpServers: { openislands: server } })
      // One that is on the PATH goes by its name: npx looks where npm installs, and nowhere else.
      const bin = yield* temporaryProject({ openislands: "" })
      const elsewhere = yield* inited(null, {}, { PATH: `${bin}${path.delimiter}${process.env["PATH"]}` })
      const named = { command: "openislands", args: ["mcp"] }
      assert.deepEqual(JSON.parse(elsewhere.after), { mcpServers: { openislands: named } })
      // Where there is neither, it names the program that made it.
      const here = { command: process.execPath, args: [realpathSync(inject("cli")), "mcp"] }
      const onlyHere = yield* inited(null, {})
      assert.deepEqual(JSON.parse(onlyHere.after), { mcpServers: { openislands: here } })
      // Such a file is of no use to others.
      assert.deepEqual([made.ignored, elsewhere.ignored, onlyHere.ignored], [false, false, true])
      assert.isEmpty(onlyHere.warnings)
      for (const [files, warned] of [
        [{ ".gitignore": ".env\n" }, true],
        [{ ".gitignore": ".env\n/.mcp.json\n" }, false],
        [{ ".mcp.json": "{}" }, true],
        [{ ".mcp.json": '{ "mcpServers": { "openislands": {} } }' }, false],
        [{ ".gitignore": ".env\n", ...installed }, false],
      ] as const) {
        const { warnings } = yield* inited(null, files)
        assert.deepEqual(
          warnings.map(({ _tag }) => _tag),
          warned ? ["McpConfigNotIgnored"] : [],
          JSON.stringify(files),
        )
      }

      const theirs = `{\n    "mcpServers": {\n        "other": { "url": "https://a.example" }\n    },\n    "more": 1\n}`
      const merged = yield* inited(theirs)
      assert.deepEqual(merged.changed, [".mcp.json"])
      assert.notInclude(merged.kept, ".mcp.json")
      const { mcpServers, more } = JSON.parse(merged.after)
      assert.deepEqual(
        { mcpServers, more },
        { mcpServers: { other: { url: "https://a.example" }, openislands: server }, more: 1 },
      )
      assert.deepEqual(JSON.parse((yield* inited("{}")).after), { mcpServers: { openislands: server } })

      for (const [text, warned] of [
        ['{ "mcpServers": { "openislands": { "command": "mine" } } }', false],
        ["[]", true],
        ["{", true],
        ['{ "mcpServers": [] }', true],
      ] as const) {
        const { after, kept, changed, warnings } = yield* inited(text)
        assert.strictEqual(after, text)
        assert.deepEqual([kept.includes(".mcp.json"), changed], [true, []])
        assert.deepEqual(
          warnings.map(({ _tag }) => _tag),
          warned ? ["McpConfigKept"] : [],
        )
      }
    }),
  )

  for (const [gitignore, lacking] of [
    ["node_modules\n", true],
    ["#.env\n!.env\n.environment\n", true],
    [".env\n!.env\n", true],
    ["/.env\n", false],
    ["# mine\r\n.env*\r\n!.env.example\r\n", false],
    ["**/.e?v", false],
  ] as const) {
    it.live(
      `${lacking ? "warns" : "is content"} when the .gitignore that was kept is ${JSON.stringify(gitignore)}`,
      () =>
        Effect.gen(function* () {
          const root = yield* temporaryProject({ ".gitignore": gitignore, ...installed })
          const { code, document, human } = yield* inBothForms<Init>(["init"], { cwd: root })
          assert.strictEqual(code, 0)
          assert.deepEqual(
            document.warnings.map(({ _tag }) => _tag),
            lacking ? ["EnvNotIgnored"] : [],
          )
          assert.strictEqual(human.includes("warning: .gitignore does not name .env"), lacking)
        }),
    )
  }

  for (const [text, isRefused] of [
    [`{ "name": "mine", "type": "commonjs" }`, true],
    [`{ "name": "mine", "type": "module" }`, false],
    [`{ "name": "mine" }`, false],
    ["no JSON", false],
  ] as const) {
    it.live(`${isRefused ? "warns" : "is content"} when the package.json that was kept is ${text}`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ "package.json": text })
        const { code, document, human } = yield* inBothForms<Init>(["init"], { cwd: root })
        assert.strictEqual(code, 0)
        assert.deepEqual(
          document.warnings.map(({ _tag }) => _tag),
          isRefused ? ["CommonJsPackage"] : [],
        )
        assert.strictEqual(human.includes('Change it to "type": "module"'), isRefused)
      }),
    )
  }

  for (const name of exampleNames) {
    it.live(`--example ${name}: a project with its files, and all that a new project has`, () =>
      Effect.gen(function* () {
        const root = path.join(yield* temporaryProject({}), "copy")
        const made = yield* openislands(["init", "copy", "--example", name], { cwd: path.dirname(root) })
        assert.deepInclude(made, { code: 0, stderr: "" })
        // It works from where it was said.
        assert.match(made.stdout, /openislands (sync|serve) \.\/copy\b/)
        const files = execFileSync("git", ["ls-files"], { cwd: exampleAt(name), encoding: "utf8" })
          .trim()
          .split("\n")
        for (const file of files.filter((file) => file !== ".gitignore")) {
          assert.strictEqual(
            readFileSync(path.join(root, file), "utf8"),
            readFileSync(path.join(exampleAt(name), file), "utf8"),
          )
        }
        const secrets = ["check-ignore", "--no-index", ".env", ".openislands/connectors/whoop.json"]
        execFileSync("git", ["init", "-q"], { cwd: root })
        assert.lengthOf(execFileSync("git", secrets, { cwd: root, encoding: "utf8" }).trim().split("\n"), 2)
        for (const file of [".env.example", ".mcp.json"]) assert.isTrue(yield* exists(path.join(root, file)), file)
      }),
    )
  }

  it.live("a copy of the catalog reads what is dropped at once: its files have rested as long as the example's", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* openislands(["init", "--example", "catalog"], { cwd: root })
      const { stdout } = yield* openislands(["sync", "file-drop"], { cwd: root })
      assert.match(stdout, /^file-drop {2}dropped ~ 4 rows/)
    }),
  )

  it.live("--example keeps files that are there, and refuses a project and a name that is none", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "package.json": "{}" })
      const init = ["init", "--example", "quickstart"]
      const { created, kept } = JSON.parse((yield* openislands([...init, "--json"], { cwd: root })).stdout) as Init
      assert.deepEqual([created.at(-1), kept], ["manifest.json", ["package.json"]])
      const again = yield* inBothForms<{ error: object }>(init, { cwd: root })
      assert.strictEqual(again.code, 1)
      assert.deepInclude(again.document.error, { _tag: "AlreadyThere", what: "project", path: root })
      assert.include(again.human, "Nothing was written. Copy the example into a directory of its own.")
      const unknown = yield* openislands(["init", "other", "--example", "demo"], { cwd: root })
      assert.strictEqual(unknown.code, 2)
      assert.include(unknown.stderr, "quickstart")
      assert.isFalse(yield* exists(path.join(root, "other")))
    }),
  )

  it.live("what is in the way is a named error", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ file: "" })
      const { code, document, human } = yield* inBothForms<{ error: object }>(["init", "file"], { cwd: root })
      assert.strictEqual(code, 1)
      assert.deepInclude(document.error, {
        _tag: "ScaffoldError",
        path: path.join(root, "file"),
        why: "not-a-directory",
      })
      assert.match(human, /^error: .*a file is in the way[^]*\n {2}Move it/)
    }),
  )
})

const types = (root: string) => path.join(root, ".openislands", "types", "@openislands", "connector-kit", "index.d.ts")

describe.concurrent("the types that connectors are checked against", () => {
  it.live("come with init, and come back with validate and status when they are gone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* openislands(["init"], { cwd: root })
      for (const command of ["validate", "status"]) {
        assert.isTrue(yield* exists(types(root)))
        yield* Effect.promise(() => rm(path.join(root, ".openislands"), { recursive: true }))
        assert.strictEqual((yield* openislands([command], { cwd: root })).code, 0)
      }
      assert.isTrue(yield* exists(types(root)))
      assert.strictEqual((yield* Effect.promise(() => stat(path.join(root, ".openislands")))).mode & 0o777, 0o700)
    }),
  )

  it.live(
    "are made anew where a file stands in their way; if they cannot be kept, a warning, and all else goes on",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({})
        yield* openislands(["init"], { cwd: root })
        const directory = path.join(root, ".openislands", "types")
        const instead = Effect.fnUntraced(function* (put: (place: string) => Promise<void>) {
          yield* Effect.promise(async () => {
            await rm(directory, { recursive: true })
            await put(directory)
          })
          const { code, stdout, stderr } = yield* openislands(["validate"], { cwd: root })
          assert.strictEqual(code, 0)
          assert.include(stdout, "ok: 0 connectors")
          return stderr
        })
        assert.strictEqual(yield* instead((place) => writeFile(place, "in the way")), "")
        assert.isTrue(yield* exists(types(root)))
        assert.match(yield* instead((place) => symlink("/proc/nowhere", place)), /^warning: cannot (keep|write).*types/)
      }),
  )

  it.live("are not put where nobody asked for them, nor is anything where there is no project", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      yield* openislands(["validate"], { cwd: root })
      assert.isFalse(yield* exists(types(root)))
      const empty = yield* temporaryProject({})
      assert.strictEqual((yield* openislands(["validate"], { cwd: empty })).code, 1)
      assert.isFalse(yield* exists(path.join(empty, ".openislands")))
    }),
  )
})
