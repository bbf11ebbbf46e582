import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmod, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { coreAt } from "../../../src/layers/Core.ts"
import { Changes } from "../../../src/programs/cli/scaffold/changes.ts"
import { authTypes } from "../../../src/programs/cli/scaffold/connectorFiles.ts"
import { envExample } from "../../../src/programs/cli/scaffold/envExample.ts"
import { addServer } from "../../../src/programs/cli/scaffold/mcpConfig.ts"
import { newConnector } from "../../../src/programs/cli/scaffold/newConnector.ts"
import { asAnotherUser } from "../../fixtures/asAnotherUser.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const make = (root: string, name: string, auth: (typeof authTypes)[number] = "none") =>
  newConnector(name, auth, "cursor").pipe(Effect.provide(coreAt(root)))

/** Everything in it but .openislands. */
const contentsOf = (root: string) =>
  Effect.promise(async () => {
    const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter(
      ({ parentPath, name }) => !path.join(parentPath, name).includes(".openislands"),
    )
    const texts = entries.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(root, file), entry.isFile() ? await readFile(file, "utf8") : entry.isDirectory()] as const
    })
    return Object.fromEntries(await Promise.all(texts))
  })

const refused = Effect.fnUntraced(function* (files: Record<string, string>, name: string, expected: object) {
  const root = yield* temporaryProject(files)
  const before = yield* contentsOf(root)
  const error = yield* make(root, name, "bearer").pipe(Effect.flip)
  assert.deepInclude(error, expected)
  assert.isNotEmpty(error.message)
  assert.isNotEmpty(error.suggestion)
  assert.deepEqual(yield* contentsOf(root), before)
})

for (const [title, files, name, expected] of [
  ["a connector", { "manifest.json": `{ "connectors": { "one": {} } }` }, "one", { what: "connector", name: "one" }],
  ["one in other letters", { "manifest.json": `{ "connectors": { "One": 1 } }` }, "one", { what: "connector" }],
  [
    "a dataset",
    { "manifest.json": `{ "datasets": { "ONE": { "sql": "x.sql" } } }` },
    "one",
    { what: "dataset", name: "ONE" },
  ],
  [
    "a directory",
    { "manifest.json": "{}", "connectors/one/mine.txt": "" },
    "one",
    { what: "directory", path: "connectors/one" },
  ],
  ["a file in its place", { "manifest.json": "{}", "connectors/one": "" }, "one", { what: "directory" }],
  [
    "the file of its dataset",
    { "manifest.json": "{}", "data/one.csv": "a\n" },
    "one",
    { what: "file", path: "data/one.csv" },
  ],
] as const) {
  it.live(`${title} that is there is not touched`, () => refused(files, name, { _tag: "AlreadyThere", ...expected }))
}

for (const name of ["", "../one", "a b", "_one", ".one", "one/two", "x".repeat(101), "__proto__"]) {
  it.live(`${JSON.stringify(name.slice(0, 20))} is no name`, () =>
    refused({ "manifest.json": "{}" }, name, { _tag: "BadConnectorName", name }),
  )
}

it.live("what is no manifest to add to is named", () =>
  Effect.gen(function* () {
    yield* refused({ "manifest.json": `{ "connectors": [] }` }, "one", { _tag: "InvalidField", path: "connectors" })
    yield* refused({ "manifest.json": `{ "datasets": 1 }` }, "one", { _tag: "InvalidField", path: "datasets" })
    yield* refused({ "manifest.json": "[]" }, "one", { _tag: "InvalidField", path: "" })
    yield* refused({ "manifest.json": "{ oops" }, "one", { _tag: "ManifestSyntax" })
    yield* refused({}, "one", { _tag: "ManifestUnreadable" })
    yield* refused({ "manifest.json": "{}", connectors: "" }, "one", { _tag: "PathEscapes" })
  }),
)

it.live("a problem elsewhere in the manifest is no hindrance", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": `{ "connectors": { "other": { "module": 1 } } }` })
    assert.deepInclude(yield* make(root, "one"), { connector: "one", changed: ["manifest.json"] })
  }),
)

it.live("connectors that lead out of the project are refused", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const elsewhere = yield* temporaryProject({})
    yield* Effect.promise(() => symlink(elsewhere, path.join(root, "connectors")))
    assert.deepInclude(yield* make(root, "one").pipe(Effect.flip), { _tag: "PathEscapes" })
    assert.deepEqual(yield* contentsOf(elsewhere), {})
  }),
)

it.live("when the last step fails, everything is as it was", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "there/manifest.json": "{}", ".env.example": "A=\n" })
    yield* Effect.promise(async () => {
      await symlink("there/manifest.json", path.join(root, "manifest.json"))
      await chmod(path.join(root, "there"), 0o555)
    })
    const before = yield* contentsOf(root)
    const error = yield* asAnotherUser(root, make(root, "one", "bearer").pipe(Effect.flip))
    yield* Effect.promise(() => chmod(path.join(root, "there"), 0o755))
    assert.deepInclude(error, { _tag: "NewFailed", path: "manifest.json", code: "EACCES", left: [] })
    assert.deepEqual(yield* contentsOf(root), before)
  }),
)

it.live("an edit that comes in between is kept, and what cannot be taken back is named", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "a.txt": "old" })
    const at = (name: string) => path.join(root, name)
    const left = yield* Effect.promise(async () => {
      const changes = new Changes()
      await changes.makeDirectory(at("deep/new"))
      await changes.create(at("deep/new/b.txt"), "b")
      await changes.rewrite(at("a.txt"), Buffer.from("old"), "new")
      await writeFile(at("a.txt"), "edited")
      await writeFile(at("deep/mine.txt"), "mine")
      const refusal = await changes.rewrite(at("a.txt"), Buffer.from("new"), "newer").catch((cause: unknown) => cause)
      assert.instanceOf(refusal, Error)
      return changes.takeBack()
    })
    assert.deepEqual(left.toSorted(), [at("a.txt"), at("deep")])
    assert.deepEqual(yield* contentsOf(root), { "a.txt": "edited", deep: true, "deep/mine.txt": "mine" })
  }),
)

it.live("files of the user's own that are not UTF-8 lose no byte", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const [env, mcp] = [path.join(root, ".env.example"), path.join(root, ".mcp.json")]
    const comment = Buffer.from("# caf\u00E9 \u00A3\n", "latin1")
    const config = Buffer.from('{ "mcpServers": { "caf\u00E9": {} } }', "latin1")
    yield* Effect.promise(() => Promise.all([writeFile(env, comment), writeFile(mcp, config)]))
    yield* make(root, "one", "bearer")
    const added = Buffer.from("ONE_API_TOKEN=\n")
    assert.deepEqual(yield* Effect.promise(() => readFile(env)), Buffer.concat([comment, added]))
    const kept = yield* Effect.flip(addServer(root))
    assert.include(kept.message, "it is no UTF-8 text")
    assert.deepEqual(yield* Effect.promise(() => readFile(mcp)), config)
  }),
)

it("of many keys only those are added to .env.example that it lacks", () => {
  assert.strictEqual(envExample("# A_KEY=\nexport B=1", ["A_KEY", "B"]), "# A_KEY=\nexport B=1\nA_KEY=\n")
  assert.strictEqual(envExample("A_KEY=\r\n", ["B"]), "A_KEY=\r\nB=\r\n")
  assert.strictEqual(envExample("", ["B"]), "B=\n")
  assert.isNull(envExample("A=\nB =\n", ["A", "B"]))
})
