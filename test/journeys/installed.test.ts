import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { inject } from "vitest"
import type { ConnectorStatus } from "../../src/services/domain/ConnectorStatus.ts"
import { openislands } from "../fixtures/cli.ts"
import { connector, kitImport, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const modules = path.join(import.meta.dirname, "..", "..", "node_modules")

/** A project into which npm has put this program, with its dependencies beside it and not below. */
const installation = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const root = yield* temporaryProject({
    ...files,
    "node_modules/openislands/package.json": `{ "name": "openislands", "type": "module" }`,
  })
  const program = path.join(root, "node_modules", "openislands", "dist")
  yield* Effect.promise(async () => {
    await cp(path.dirname(inject("cli")), program, { recursive: true })
    await cp(path.join(modules, "zod"), path.join(root, "node_modules", "zod"), { recursive: true })
    await symlink(path.join(modules, "esbuild"), path.join(root, "node_modules", "esbuild"))
    await mkdir(path.join(root, "data"))
  })
  const status = Effect.map(
    openislands(["status", "--json"], { cwd: root, program: path.join(program, "bin.mjs") }),
    ({ stdout }) => (JSON.parse(stdout) as { connectors: ReadonlyArray<ConnectorStatus> }).connectors[0]!,
  )
  return { root, program, status }
})

const files = {
  "manifest.json": manifest({ one: {} }),
  "connectors/one/index.ts": connector(`import { z } from "zod"\nz.string().parse("text")\n`),
}

describe.concurrent("installed as a dependency", () => {
  it.live("a connector gets zod and the kit from us, wherever npm put them", () =>
    Effect.gen(function* () {
      const { status } = yield* installation(files)
      assert.deepInclude(yield* status, { loadError: null, connected: true, description: "Test rows" })
    }),
  )

  it.live("and never from the project: a hostile copy in its node_modules changes nothing", () =>
    Effect.gen(function* () {
      const { status } = yield* installation({
        ...files,
        "node_modules/@openislands/connector-kit/package.json": `{ "main": "index.js" }`,
        "node_modules/@openislands/connector-kit/index.js": `throw new Error("not this one")`,
        "connectors/one/node_modules/zod/package.json": `{ "main": "index.js" }`,
        "connectors/one/node_modules/zod/index.js": `throw new Error("not this one")`,
      })
      assert.deepInclude(yield* status, { loadError: null, connected: true })
    }),
  )

  it.live("a warm status runs no connector code and bundles nothing: it does without guest and esbuild", () =>
    Effect.gen(function* () {
      const { root, program, status } = yield* installation(files)
      const cold = yield* status
      yield* Effect.promise(async () => {
        await rm(path.join(program, "guest.mjs"))
        await rm(path.join(root, "node_modules", "esbuild"))
      })
      assert.deepEqual(yield* status, cold)
      // The proof that they would have been missed: without its cache it needs both.
      yield* Effect.promise(() => rm(path.join(root, ".openislands", "cache", "describe"), { recursive: true }))
      assert.deepInclude((yield* status).loadError as object, { _tag: "LoadError", reason: "crashed" })
    }),
  )

  it.live("an unreadable cache is a miss, and it does not grow with every edit", () =>
    Effect.gen(function* () {
      const { root, status } = yield* installation({
        ...files,
        "connectors/one/index.ts": `${kitImport}export { default } from "./it"`,
      })
      const cache = path.join(root, ".openislands", "cache")
      for (let round = 0; round < 4; round++) {
        const source = connector().replace("Test rows", `Round ${round}`)
        yield* Effect.promise(() => writeFile(path.join(root, "connectors", "one", "it.ts"), source))
        assert.strictEqual((yield* status).description, `Round ${round}`)
        const all = yield* Effect.promise(() => readdir(cache, { recursive: true, withFileTypes: true }))
        for (const entry of all.filter((entry) => entry.name.endsWith(".json"))) {
          yield* Effect.promise(() => writeFile(path.join(entry.parentPath, entry.name), `{"cut`))
        }
        assert.isAtMost(all.filter((entry) => entry.name.endsWith(".mjs")).length, 2)
        assert.strictEqual((yield* status).description, `Round ${round}`)
      }
    }),
  )
})
