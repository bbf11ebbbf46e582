import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { execFile } from "node:child_process"
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { parse, type ParseError } from "jsonc-parser"
import { refreshAuthorTypes } from "../../src/layers/AuthorTypes.ts"
import { layerAt } from "../../src/layers/NodeProject.ts"
import { scaffold, type ScaffoldError } from "../../src/programs/cli/scaffold/scaffold.ts"
import { temporaryProject } from "../fixtures/project.ts"

const everything = [
  "package.json",
  "tsconfig.json",
  ".gitignore",
  ".env.example",
  ".mcp.json",
  "connectors/README.md",
  "manifest.json",
]

it.live("a new project has everything, and its files are what they claim to be", () =>
  Effect.gen(function* () {
    const root = join(yield* temporaryProject({}), "deep", "new")
    assert.deepEqual(yield* scaffold(root), { created: everything, kept: [] })

    const files = yield* contents(root)
    assert.sameMembers(Object.keys(files), everything)
    const manifest = jsonc(files["manifest.json"]!)
    assert.deepEqual(manifest, { $schema: "./.openislands/manifest.schema.json", datasets: {}, connectors: {} })
    assert.include(files["manifest.json"], "//")
    assert.deepEqual(JSON.parse(files["package.json"]!), {
      private: true,
      type: "module",
      devDependencies: { zod: "^4.6.7" },
      // No registry need have it: an install goes on without.
      optionalDependencies: { "@openislands/connector-kit": "^0.1.0" },
    })
    for (const ignored of [".env", ".openislands", "node_modules"]) {
      assert.include(files[".gitignore"]!.split("\n"), ignored)
    }
  }),
)

it.live("running it again changes not a byte and keeps what the user changed", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ ".gitignore": "mine\n" })
    const others = everything.filter((name) => name !== ".gitignore")
    assert.deepEqual(yield* scaffold(root), { created: others, kept: [".gitignore"] })

    yield* Effect.promise(() => writeFile(join(root, "manifest.json"), "{ broken"))
    const before = yield* contents(root)
    assert.deepEqual(yield* scaffold(root), { created: [], kept: everything })
    assert.deepEqual(yield* contents(root), before)
    assert.strictEqual(before["manifest.json"], "{ broken")
    assert.strictEqual(before[".gitignore"], "mine\n")
  }),
)

it.live("of many at once, one creates each file", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    const all = yield* Effect.all(Array(8).fill(scaffold(root)) as Array<ReturnType<typeof scaffold>>, {
      concurrency: "unbounded",
    })
    assert.sameMembers(
      all.flatMap((one) => one.created),
      everything,
    )
  }),
)

it.live("a link that leads nowhere is kept, not written through", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* Effect.promise(() => symlink(join(root, "elsewhere"), join(root, ".env.example")))
    assert.deepEqual((yield* scaffold(root)).kept, [".env.example"])
    assert.notInclude(yield* Effect.promise(() => readdir(root)), "elsewhere")
  }),
)

it.live("what is in the way is named", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ file: "", "a/connectors": "", "b/manifest.json/inside": "" })
    const failure = (directory: string) => scaffold(join(root, directory)).pipe(Effect.flip)

    yield* expectFailure(failure("file"), "not-a-directory", join(root, "file"))
    yield* expectFailure(failure("file/below"), "not-a-directory", join(root, "file/below"))
    yield* expectFailure(failure("a"), "not-a-directory", join(root, "a/connectors"))
    yield* expectFailure(failure("b"), "not-a-file", join(root, "b/manifest.json"))
  }),
)

it.live("a directory that cannot be written is named", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    yield* Effect.promise(() => chmod(root, 0o555))
    yield* expectFailure(scaffold(root).pipe(Effect.flip, withoutRoot), "unwritable", join(root, "package.json"))
    yield* Effect.promise(() => chmod(root, 0o700))
  }),
)

it.live("a new project type-checks before it has a connector", () =>
  Effect.gen(function* () {
    const root = yield* newProject({})
    assert.deepEqual(yield* typeCheck(root), [])
  }),
)

it.live("the specification's examples type-check with no install", () =>
  Effect.gen(function* () {
    const root = yield* newProject({
      "connectors/whoop/index.ts": whoop,
      "connectors/whoop/globals.d.ts":
        "declare function fetchRecovery(token: string, days: number): Promise<Array<Record<string, unknown>>>\n",
      "connectors/acme/index.ts": acme,
    })
    assert.deepEqual(yield* typeCheck(root), [])
  }),
)

it.live("a wrong output name, config key or secret is an error at its line", () =>
  Effect.gen(function* () {
    const root = yield* newProject({
      "connectors/whoop/index.ts": whoop
        .replace('ctx.replace("recovery"', 'ctx.replace("recovry"')
        .replace("ctx.config.lookbackDays", "ctx.config.lookback"),
      "connectors/whoop/globals.d.ts":
        "declare function fetchRecovery(token: string, days: number): Promise<Array<Record<string, unknown>>>\n",
      "connectors/acme/index.ts": acme.replace("ctx.tokens!.accessToken", "ctx.secrets.ACME_API_TOKEN"),
    })
    const errors = yield* typeCheck(root)
    assert.lengthOf(errors, 3)
    assert.include(errors[0], `connectors/acme/index.ts(${lineOf(acme, "ctx.tokens!")},`)
    assert.include(errors[0], "Property 'ACME_API_TOKEN' does not exist")
    assert.include(errors[1], `connectors/whoop/index.ts(${lineOf(whoop, "ctx.config.")},`)
    assert.include(errors[1], "Property 'lookback' does not exist on type '{ lookbackDays: number; }'")
    assert.include(errors[2], `connectors/whoop/index.ts(${lineOf(whoop, "ctx.replace(")},`)
    assert.include(errors[2], `'"recovry"' is not assignable to parameter of type '"recovery" | "sleep"'`)
  }),
)

it.live("subpaths of zod resolve, and what npm installed comes first", () =>
  Effect.gen(function* () {
    const root = yield* newProject({
      "connectors/mini/index.ts": `import { defineConnector } from "@openislands/connector-kit"
import * as core from "zod/v4/core"
import * as z from "zod/mini"

export default defineConnector({
  description: "zod/mini",
  config: z.object({ days: z.number() }),
  outputs: { events: {} },
  sync(ctx) {
    const days: core.output<z.ZodMiniNumber> = ctx.config.days
    ctx.log(String(days))
  },
})
`,
    })
    assert.deepEqual(yield* typeCheck(root), [])

    const kit = join(root, "node_modules/@openislands/connector-kit")
    yield* put(join(kit, "package.json"), `{ "types": "./installed.d.ts" }`)
    yield* put(join(kit, "installed.d.ts"), "export declare const defineConnector: (nothing: never) => void")
    assert.lengthOf(
      (yield* typeCheck(root)).filter((line) => line.includes("parameter of type 'never'")),
      1,
    )
  }),
)

const newProject = (files: Readonly<Record<string, string>>): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* scaffold(root)
    yield* refreshAuthorTypes.pipe(Effect.provide(layerAt(root)))
    return root
  })

const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc")

/** The errors' lines, relative to the project, in order. */
const typeCheck = (root: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.callback((resume) => {
    execFile(
      process.execPath,
      [tsc, "--noEmit", "--pretty", "false", "-p", root],
      { cwd: root },
      (failed, stdout, stderr) => {
        const lines = `${stdout}${stderr}`.split("\n").filter((line) => /^\S/.test(line))
        resume(Effect.succeed(failed && lines.length === 0 ? [failed.message] : lines.toSorted()))
      },
    )
  })

const put = (file: string, content: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  })

const contents = (root: string): Effect.Effect<Record<string, string>> =>
  Effect.promise(async () => {
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    return Object.fromEntries(
      await Promise.all(
        files.map(async (file) => [file.slice(root.length + 1), await readFile(file, "utf8")] as const),
      ),
    )
  })

const jsonc = (text: string): unknown => {
  const errors: Array<ParseError> = []
  const value: unknown = parse(text, errors)
  assert.deepEqual(errors, [])
  return value
}

const expectFailure = (failure: Effect.Effect<ScaffoldError, unknown>, why: ScaffoldError["why"], path: string) =>
  Effect.gen(function* () {
    const error = yield* failure
    assert.strictEqual(error._tag, "ScaffoldError")
    assert.strictEqual(error.why, why)
    assert.strictEqual(error.path, path)
    assert.include(error.message, path)
    assert.include(error.suggestion, "run init again")
  })

/** Word by word as in the specification, indentation lost there included. */
const whoop = `import { defineConnector } from "@openislands/connector-kit";
import { z } from "zod";
export default defineConnector({
description: "Whoop recovery, sleep, and workouts",
config: z.object({
lookbackDays: z.number().int().positive().default(30),
}),
schedule: "6h",
auth: {
type: "oauth2",
data: {
authorizeUrl: "https://api.prod.whoop.com/oauth/oauth2/auth",
tokenUrl: "https://api.prod.whoop.com/oauth/oauth2/token",
scopes: ["read:recovery", "read:sleep", "offline"],
clientIdEnv: "WHOOP_CLIENT_ID",
clientSecretEnv: "WHOOP_CLIENT_SECRET",
},
},
outputs: {
recovery: { description: "daily recovery score, replaced each sync" },
sleep: { description: "per-sleep records, inserted by cursor" },
},
async sync(ctx) {
const rows = await fetchRecovery(ctx.tokens!.accessToken, ctx.config.lookbackDays);
await ctx.replace("recovery", rows);
// ...
},
});
`

/** The same; the specification leaves out the import that its other example shows. */
const acme = `import { defineConnector } from "@openislands/connector-kit";
export default defineConnector({
description: "Reads a service behind a static API token",
auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
outputs: { events: { description: "appended events" } },
async sync(ctx) {
const res = await fetch("https://api.acme.dev/events", {
headers: { authorization: \`Bearer \${ctx.tokens!.accessToken}\` },
});
await ctx.insert("events", await res.json());
},
});
`

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split("\n").length

const become = (uid: number) => Effect.sync(() => process.seteuid?.(uid))

/** Permissions mean nothing to the superuser, whom tests in containers run as: for a moment it is somebody else. */
const withoutRoot = <A, E, R>(use: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  if (process.getuid?.() !== 0) return use
  return Effect.acquireUseRelease(
    become(65_534),
    () => use,
    () => become(0),
  )
}
