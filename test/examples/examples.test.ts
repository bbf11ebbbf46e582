import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { parse } from "jsonc-parser"
import { openislands } from "../fixtures/cli.ts"
import { connectorFiles, copyOfExample, exampleNames, installedExample, readExample } from "../fixtures/examples.ts"
import { typeCheck } from "../fixtures/typeCheck.ts"
import { filesOf } from "../../src/programs/cli/scaffold/files.ts"
import { gitignoreOf } from "../../src/programs/cli/scaffold/gitignoreText.ts"
import type { ValidationReport } from "../../src/services/ConnectorCatalog.ts"

/** Lines of an index.ts: what is longer asks the kit for help, or for a second file. */
const most = 125

/** `npm run demo` writes its keys itself, and its connectors are tested by playing it. */
const played = "demo"

const tests = (root: string): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"] }
    const args = ["--test", "--test-reporter=tap", "connectors/**/*.test.ts"]
    execFile(process.execPath, args, { cwd: root, env }, (_, stdout, stderr) => resume(Effect.succeed(stdout + stderr)))
  })

describe.concurrent.each(exampleNames)("examples/%s", (name) => {
  it.live("its connectors' own tests pass", () =>
    Effect.gen(function* () {
      const root = yield* installedExample(name)
      const output = yield* tests(root)
      assert.match(output, /\n# fail 0\n/, output)
      for (const none of ["cancelled", "skipped", "todo"]) assert.include(output, `\n# ${none} 0\n`)
      // Each file is a test of its own to Node: one that ended early would be none.
      assert.isAtLeast(Number(/\n# pass (\d+)\n/.exec(output)?.[1]), connectorFiles(name, "index.test.ts").length)
    }),
  )

  it.live("validates, and type-checks as it does in an editor; what it lacks are secrets", () =>
    Effect.gen(function* () {
      const root = yield* copyOfExample(name)
      const { code, stdout } = yield* openislands(["validate", "--json"], { cwd: root })
      const report = JSON.parse(stdout) as ValidationReport
      assert.deepInclude(report, { ok: true, errors: [], warnings: [] })
      assert.strictEqual(code, 0)
      // Nothing is installed there: it goes by the types that every command keeps.
      assert.strictEqual(yield* typeCheck(root), "")
      if (name === played) return
      const keys = report.connectors.flatMap(({ missingSecrets }) => missingSecrets)
      const example = keys.length === 0 ? "" : readExample(name, ".env.example")
      for (const key of keys) assert.match(example, new RegExp(`^${key}=$`, "m"))
    }),
  )

  it("is a project as init makes one, but that git leaves its datasets alone", () => {
    const own = new Map(filesOf("/nowhere").map(([file, text]) => [file, text] as const))
    for (const file of ["package.json", "tsconfig.json"])
      assert.deepEqual(parse(readExample(name, file)), parse(String(own.get(file))), file)
    const data = "# The datasets: what a sync of this example writes. A copy of it keeps them in git.\ndata"
    assert.strictEqual(readExample(name, ".gitignore"), gitignoreOf(data))
  })

  it("every connector is declared, tested, and short", () => {
    const { connectors } = parse(readExample(name, "manifest.json")) as {
      readonly connectors: Readonly<Record<string, { readonly module: string; readonly permissions?: object }>>
    }
    const directories = connectorFiles(name, "index.test.ts").map((file) => file.replace("/index.test.ts", ""))
    const declared = new Set(Object.values(connectors).map(({ module }) => module))
    // An example may show variants beside what it declares; the catalog shows all that it has.
    if (name === "catalog") assert.sameMembers([...declared], directories)
    else if (name !== played) assert.includeMembers(directories, [...declared])
    for (const [connector, { permissions }] of Object.entries(connectors)) {
      assert.isDefined(permissions, `${connector} says what it may reach`)
    }
    for (const file of connectorFiles(name, "index.ts")) {
      assert.isAtMost(readExample(name, file).trimEnd().split("\n").length, most, file)
    }
  })
})

it("every connector of the catalog has a README that its index names", () => {
  const index = readExample("catalog", "README.md")
  for (const file of connectorFiles("catalog", "index.test.ts")) {
    const readme = file.replace("index.test.ts", "README.md")
    assert.include(index, `(${readme})`)
    const text = readExample("catalog", readme)
    for (const part of ["## What it pulls", "## Cursor and revisions", "## Licence"]) assert.include(text, part, readme)
    assert.include(text, "https://", readme)
  }
})
