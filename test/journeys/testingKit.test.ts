import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { inject } from "vitest"
import { authorsGuide } from "../../src/programs/mcp/authorsGuide.ts"
import { temporaryProject } from "../fixtures/project.ts"

const repository = path.join(import.meta.dirname, "..", "..")

/** The quickstart, in which npm has put the kit as it is packed, zod, and @types/node, which its tsconfig.json then names. */
const quickstart = Effect.gen(function* () {
  const root = yield* temporaryProject({})
  const modules = path.join(root, "node_modules")
  yield* Effect.promise(async () => {
    await cp(path.join(repository, "examples/quickstart"), root, { recursive: true })
    const tsconfig = path.join(root, "tsconfig.json")
    await writeFile(tsconfig, (await readFile(tsconfig, "utf8")).replace('"types": []', '"types": ["node"]'))
    await mkdir(path.join(modules, "@openislands"), { recursive: true })
    await cp(path.join(path.dirname(inject("cli")), "kit"), path.join(modules, "@openislands/connector-kit"), {
      recursive: true,
    })
    for (const name of ["zod", "vitest", "typescript", "@types"]) {
      await symlink(path.join(repository, "node_modules", name), path.join(modules, name))
    }
  })
  return root
})

const node = (root: string, args: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly code: unknown; readonly output: string }>((resolve) => {
        const env = { PATH: process.env["PATH"], HOME: process.env["HOME"] }
        execFile(process.execPath, args, { cwd: root, env }, (failed, stdout, stderr) =>
          resolve({ code: failed === null ? 0 : failed.code, output: stdout + stderr }),
        )
      }),
  )

const inVitest = `import { testConnector } from "@openislands/connector-kit/testing"
import { expect, test } from "vitest"
import weather from "./index.ts"

test("inserts and replaces", async () => {
  const { rows } = await testConnector(weather, { config: { directory: "later" } })
  expect(rows.observations).toHaveLength(62)
  expect(rows.stations[0]).toMatchObject({ station: "New York", days: 31 })
})
`

const pages: Readonly<Record<string, Effect.Effect<string>>> = {
  "docs/kit.md": Effect.promise(() => readFile(path.join(repository, "docs/kit.md"), "utf8")),
  "the guide for agents": Effect.succeed(authorsGuide),
}

describe("the kit's testing, as it is packed", () => {
  it.live("runs the quickstart's connector under node --test, and its test type-checks", () =>
    Effect.gen(function* () {
      const root = yield* quickstart
      const { code, output } = yield* node(root, ["--test"])
      assert.strictEqual(code, 0, output)
      assert.match(output, /pass 2\n/)
      const types = yield* node(root, ["node_modules/typescript/bin/tsc", "-p", ".", "--skipLibCheck", "false"])
      assert.deepEqual(types, { code: 0, output: "" })
    }),
  )

  it.live.each(Object.entries(pages))("runs the connector and the test that %s shows", ([, page]) =>
    Effect.gen(function* () {
      const root = yield* quickstart
      const text = yield* page
      const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code)
      const connector = blocks.find((code) => code.includes("defineConnector({"))
      const test = blocks.find((code) => code.includes("testConnector(acme"))
      yield* Effect.promise(async () => {
        await mkdir(path.join(root, "connectors/acme"))
        await writeFile(path.join(root, "connectors/acme/index.ts"), connector ?? "")
        await writeFile(path.join(root, "connectors/acme/index.test.ts"), test ?? "")
      })
      const { code, output } = yield* node(root, ["--test", "connectors/acme/index.test.ts"])
      assert.strictEqual(code, 0, output)
      assert.match(output, /pass 1\n/)
      const types = yield* node(root, ["node_modules/typescript/bin/tsc", "-p", "."])
      assert.deepEqual(types, { code: 0, output: "" })
    }),
  )

  it.live("and under vitest", () =>
    Effect.gen(function* () {
      const root = yield* quickstart
      const file = "connectors/weather/inVitest.test.ts"
      yield* Effect.promise(() => writeFile(path.join(root, file), inVitest))
      const { code, output } = yield* node(root, ["node_modules/vitest/vitest.mjs", "run", "--root", root, file])
      assert.strictEqual(code, 0, output)
      assert.match(output, /1 passed/)
    }),
  )
})
