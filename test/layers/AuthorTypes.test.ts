import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { appendFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { refreshAuthorTypes } from "../../src/layers/AuthorTypes.ts"
import { layerAt } from "../../src/layers/NodeProject.ts"
import { scaffold } from "../../src/programs/cli/scaffold/scaffold.ts"
import { temporaryProject } from "../fixtures/project.ts"

const refresh = (root: string) => refreshAuthorTypes.pipe(Effect.provide(layerAt(root)))
const typesOf = (root: string) => join(root, ".openislands/types")
const list = (directory: string, recursive = false) => Effect.promise(() => readdir(directory, { recursive }))

it.live("the declarations of zod and the kit are there, and no program", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* refresh(root)
    const files = (yield* list(typesOf(root), true)).filter((name) => /\.\w+$/.test(name))
    assert.includeMembers(files, [
      "@openislands/connector-kit/index.ts",
      "@openislands/connector-kit/package.json",
      "zod/index.d.cts",
      "zod/package.json",
      "zod/v4/core/index.d.cts",
      "zod/v4/core/package.json",
    ])
    assert.deepEqual(
      files.filter((name) => /\.[cm]?js$/.test(name)),
      [],
    )
    assert.strictEqual((yield* Effect.promise(() => stat(join(typesOf(root), "zod/index.d.cts")))).mode & 0o777, 0o600)
    assert.sameMembers(yield* list(join(root, ".openislands")), [".gitignore", "types"])
  }),
)

it.live("when current they are left alone, else replaced whole", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* refresh(root)
    const types = typesOf(root)
    const inode = () => Effect.promise(() => stat(types).then((found) => found.ino))
    const first = yield* inode()
    yield* refresh(root)
    assert.strictEqual(yield* inode(), first)

    yield* Effect.promise(() => appendFile(join(types, "version"), " of another time"))
    yield* Effect.promise(() => writeFile(join(types, "zod/left-over.d.ts"), ""))
    yield* refresh(root)
    assert.notStrictEqual(yield* inode(), first)
    assert.notInclude(yield* list(join(types, "zod")), "left-over.d.ts")

    yield* Effect.promise(() => rm(join(types, "version")))
    yield* refresh(root)
    assert.include(yield* list(types), "version")
  }),
)

it.live("many at once leave one whole directory and nothing beside it", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* Effect.all(
      Array.from({ length: 8 }, () => refresh(root)),
      { concurrency: "unbounded" },
    )
    assert.sameMembers(yield* list(join(root, ".openislands")), [".gitignore", "types"])
    assert.sameMembers(yield* list(typesOf(root)), ["@openislands", "node", "version", "zod"])
  }),
)

it.live("a file in the way gives way; one in the place of .openislands, which holds more, is named", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ ".openislands/types": "" })
    yield* refresh(root)
    assert.include(yield* list(typesOf(root)), "zod")
    const other = yield* temporaryProject({ ".openislands": "" })
    const error = yield* refresh(other).pipe(Effect.flip)
    assert.strictEqual(error._tag, "ProjectUnwritable")
    assert.include(error.message, join(other, ".openislands"))
  }),
)

it.live("what the build emits for the kit is enough, under an author's and under stricter options", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      "connectors/daily/index.ts": `import { defineConnector } from "@openislands/connector-kit"
import { z } from "zod"

export default defineConnector({
  description: "daily",
  config: z.object({ days: z.number() }),
  secrets: ["API_KEY"],
  outputs: { events: {} },
  async sync(ctx) {
    const { inserted } = await ctx.insert("events", [{ days: ctx.config.days, key: ctx.secrets.API_KEY }])
    ctx.log(inserted.toFixed())
    // @ts-expect-error no such output
    await ctx.replace("event", [])
  },
})
`,
    })
    yield* scaffold(root)
    yield* refresh(root)
    const kit = join(typesOf(root), "@openislands/connector-kit")
    const sources = (yield* list(kit)).filter((name) => name.endsWith(".ts"))
    yield* Effect.promise(() => Promise.all(sources.map((name) => rm(join(kit, name)))))
    yield* run("-p", join(repository, "src/kit/tsconfig.build.json"), "--outDir", kit)
    assert.sameMembers(yield* list(kit), ["package.json", ...sources.map((name) => name.replace(/ts$/, "d.ts"))])
    yield* Effect.promise(async () => {
      const text = await readFile(join(kit, "package.json"), "utf8")
      await writeFile(join(kit, "package.json"), text.replace("index.ts", "index.d.ts"))
    })
    assert.strictEqual(yield* run("-p", root), "")
    const strict = ["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--verbatimModuleSyntax"]
    assert.strictEqual(yield* run("-p", root, "--skipLibCheck", "false", ...strict), "")
  }),
)

const repository = join(import.meta.dirname, "../..")

/** What tsc says. */
const run = (...flags: ReadonlyArray<string>) =>
  Effect.promise(() =>
    promisify(execFile)(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), ...flags]).then(
      ({ stdout }) => stdout,
      (failed: { stdout: string }) => failed.stdout,
    ),
  )
