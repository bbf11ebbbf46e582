import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { layerAt } from "../../src/layers/NodeProject.ts"
import { Project, ProjectUnwritable } from "../../src/services/Project.ts"
import { temporaryProject } from "../fixtures/project.ts"

const at = (root: string) => Effect.provide(Project, layerAt(root))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

/** A project with links in it (`{ "data/link": "../.." }`), made before it is opened. */
const linked = (links: Readonly<Record<string, string>>): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "data/rows.csv": "a\n1\n", ".env": "KEY=secret" })
    yield* Effect.promise(async () => {
      await mkdir(join(root, ".openislands"))
      for (const [name, target] of Object.entries(links)) await symlink(target, join(root, name))
    })
    return root
  })

const why = (project: Project["Service"], written: string) =>
  project.confine(written).pipe(
    Effect.map((path) => `to ${path.slice(project.root.length + 1)}`),
    Effect.catchTag("PathEscapes", (error) => Effect.succeed(error.why as string)),
  )

describe("the project's place", () => {
  it.live("is the real path, manifest or not", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const elsewhere = yield* temporaryProject({})
      yield* Effect.promise(() => symlink(root, join(elsewhere, "link")))
      const project = yield* at(join(elsewhere, "link"))
      assert.strictEqual(project.root, root)
      assert.strictEqual(project.layout.manifest, join(root, "manifest.json"))
      assert.strictEqual(project.layout.tokens, join(root, ".openislands/connectors"))
    }),
  )

  it.live("is not found when it is a file, or nothing", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "file.txt": "" })
      const file = yield* Effect.flip(at(join(root, "file.txt")))
      assert.strictEqual(file._tag, "ProjectNotFound")
      assert.include(file.message, "it is not a directory")
      assert.include((yield* Effect.flip(at(join(root, "gone")))).message, "there is no such directory")
      assert.include((yield* Effect.flip(at(join(root, "file.txt/x")))).message, "ENOTDIR")
      assert.strictEqual((yield* Effect.flip(at(join(root, "nul\0"))))._tag, "ProjectNotFound")
    }),
  )
})

describe("confine", () => {
  it.live("follows what stays inside, existing or not", () =>
    Effect.gen(function* () {
      const root = yield* linked({ inner: "data", "later.csv": "data/not-yet.csv", deep: "inner/sub" })
      const project = yield* at(root)
      for (const [written, leadsTo] of [
        ["data/rows.csv", "data/rows.csv"],
        ["./data/../data/rows.csv", "data/rows.csv"],
        [join(root, "data/rows.csv"), "data/rows.csv"],
        ["data/new/deeper/x.csv", "data/new/deeper/x.csv"],
        ["inner/rows.csv", "data/rows.csv"],
        ["later.csv", "data/not-yet.csv"],
        ["deep/new.csv", "data/sub/new.csv"],
        [".", ""],
        ["sub/.env", "sub/.env"],
        ["..data/x.csv", "..data/x.csv"],
      ] as const) {
        assert.strictEqual(yield* why(project, written), `to ${leadsTo}`, written)
      }
    }),
  )

  it.live("refuses what leads outside", () =>
    Effect.gen(function* () {
      const outside = yield* temporaryProject({ "secret.csv": "x" })
      const root = yield* linked({
        up: "..",
        abs: outside,
        dangling: join(outside, "not-yet.csv"),
        chain: "dangling",
        "data/back": "../..",
      })
      const project = yield* at(root)
      for (const written of [
        "..",
        "../x.csv",
        "data/../../x.csv",
        "/etc/passwd",
        "/",
        join(outside, "secret.csv"),
        `${root}-sibling/x.csv`,
        "up",
        "up/x.csv",
        "abs/secret.csv",
        "abs/new/x.csv",
        "dangling",
        "dangling/below",
        "chain",
        "data/back/x",
      ]) {
        assert.strictEqual(yield* why(project, written), "outside", written)
      }
      const error = yield* Effect.flip(project.confine("abs/secret.csv"))
      assert.strictEqual(error.leadsTo, join(outside, "secret.csv"))
      assert.include(error.message, "outside the project")
    }),
  )

  it.live("refuses what is ours or secret, whatever the case and the detour", () =>
    Effect.gen(function* () {
      const root = yield* linked({ mine: ".openislands", key: ".env", "data/up": "..", ".env.local": "data/rows.csv" })
      const project = yield* at(root)
      for (const written of [
        ".openislands",
        ".openislands/state/x.json",
        ".OpenIslands/x",
        "data/../.openislands/x",
        ".env",
        ".ENV",
        ".env.example",
        ".envrc",
        "mine/connectors/a.json",
        "key",
        "data/up/.env",
        ".env.local",
        join(root, ".env"),
      ]) {
        assert.strictEqual(yield* why(project, written), "private", written)
      }
    }),
  )

  it.live("refuses what cannot be looked at, and what is no path", () =>
    Effect.gen(function* () {
      const root = yield* linked({ loop: "loop", ping: "pong", pong: "ping/x" })
      const project = yield* at(root)
      for (const written of ["loop", "loop/x", "ping", "data/rows.csv/below"]) {
        assert.strictEqual(yield* why(project, written), "unreadable", written.slice(0, 20))
      }
      // Neither a name nor a path that only what we write beside it would make too long.
      const long = `${"a/".repeat(2020)}x`.slice(0, 4070 - root.length)
      for (const written of ["x".repeat(256), `data/${"é".repeat(128)}.csv`, "a/".repeat(3000), long]) {
        assert.strictEqual(yield* why(project, written), "tooLong", written.slice(0, 20))
      }
      assert.isBelow((yield* Effect.flip(project.confine("x".repeat(5000)))).message.length, 200)
      for (const written of ["", "data\\rows.csv", "..\\..\\x", "C:\\x", "a\0b", "a\nb", "\ud800"]) {
        assert.strictEqual(yield* why(project, written), "malformed", written)
      }
      assert.notInclude((yield* Effect.flip(project.confine("a\0b"))).message, "\0")
    }),
  )
})

describe("ensure", () => {
  it.live("makes private directories that git ignores", () =>
    Effect.gen(function* () {
      const project = yield* at(yield* temporaryProject({}))
      assert.strictEqual(yield* project.ensure(project.layout.runs), project.layout.runs)
      assert.strictEqual(yield* project.ensure("cache/bundles"), join(project.layout.cache, "bundles"))
      assert.strictEqual(yield* project.ensure(project.layout.home), project.layout.home)
      yield* Effect.promise(async () => {
        for (const path of ["", "runs", "cache", "cache/bundles"]) {
          assert.strictEqual(await modeOf(join(project.layout.home, path)), "700", path)
        }
        assert.strictEqual(await readFile(join(project.layout.home, ".gitignore"), "utf8"), "*\n")
        assert.strictEqual(await modeOf(join(project.layout.home, ".gitignore")), "600")
      })
    }),
  )

  it.live("narrows what was there, and leaves the user's .gitignore alone", () =>
    Effect.gen(function* () {
      const project = yield* at(yield* temporaryProject({ ".openislands/.gitignore": "runs\n" }))
      yield* Effect.promise(() => chmod(project.layout.home, 0o755))
      yield* Effect.all(
        Array.from({ length: 10 }, () => project.ensure("state")),
        { concurrency: "unbounded" },
      )
      yield* Effect.promise(async () => {
        assert.strictEqual(await modeOf(project.layout.home), "700")
        assert.strictEqual(await readFile(join(project.layout.home, ".gitignore"), "utf8"), "runs\n")
      })
    }),
  )

  it.live("follows no link, and stays in its own directory", () =>
    Effect.gen(function* () {
      const outside = yield* temporaryProject({})
      const root = yield* temporaryProject({})
      yield* Effect.promise(() => symlink(outside, join(root, ".openislands")))
      const project = yield* at(root)
      const error = yield* Effect.flip(project.ensure("state"))
      assert.deepStrictEqual(error, new ProjectUnwritable({ path: project.layout.home, code: "ELOOP" }))
      assert.strictEqual((yield* Effect.flip(project.ensure("../data"))).code, "EINVAL")
      assert.strictEqual((yield* Effect.flip(project.ensure("/tmp/x"))).code, "EINVAL")
      yield* Effect.promise(async () => {
        const other = await stat(join(outside, "state")).catch(() => null)
        assert.isNull(other)
      })
    }),
  )

  it.live("says what is in the way", () =>
    Effect.gen(function* () {
      const project = yield* at(yield* temporaryProject({ ".openislands/x": "" }))
      yield* Effect.promise(() => writeFile(join(project.layout.home, "runs"), ""))
      const error = yield* Effect.flip(project.ensure(project.layout.runs))
      assert.deepStrictEqual(error, new ProjectUnwritable({ path: project.layout.runs, code: "ENOTDIR" }))
    }),
  )
})
