import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { cp, readFile, stat, writeFile } from "node:fs/promises"
import { parse } from "jsonc-parser"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { connector, inBothForms, manifest, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const examples = path.join(import.meta.dirname, "..", "..", "examples")

const schemaAt = (root: string, ...args: ReadonlyArray<string>) =>
  openislands(["schema", ...args], { cwd: root }).pipe(
    Effect.map(({ code, stdout, stderr }) => ({ code, stderr, stdout, schema: JSON.parse(stdout) as object })),
  )

const accepts = (schema: object, document: unknown): boolean => new Ajv2020({ strict: false }).compile(schema)(document)

const read = (...parts: ReadonlyArray<string>) => Effect.promise(() => readFile(path.join(...parts), "utf8"))
const copy = ".openislands/manifest.schema.json"
const naming = (text: string) => text.replace("{", `{ "$schema": "./${copy}",`)

const configured = (key: string) =>
  connector(`import { z } from "zod"\n`).replace(
    "outputs:",
    `config: z.object({ ${key}: z.number().describe("how far back") }), outputs:`,
  )

describe.concurrent("schema", () => {
  it.live("accepts the example's manifest, and nothing that only looks like it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* Effect.promise(() => cp(path.join(examples, "quickstart"), root, { recursive: true }))
      const { code, stderr, schema } = yield* schemaAt(root)
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      const text = yield* read(root, "manifest.json")
      const as = (from: string, to: string) => accepts(schema, parse(text.replace(from, to)))
      assert.isTrue(as("", ""))
      assert.isFalse(as('"observations": "observations"', '"observation": "observations"'))
      assert.isFalse(as('"observations": "observations"', '"observations": "observation"'))
      assert.isFalse(as('"directory": "exports"', '"directory": 1'))
      assert.isFalse(as('"directory": "exports"', '"dir": "exports"'))
      assert.isFalse(as('"module"', '"modul"'))
    }),
  )

  it.live("is the same with --json, and that of any manifest where there is no project", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const { document, human, code } = yield* inBothForms<object>(["schema"], { cwd: root })
      assert.strictEqual(code, 0)
      assert.deepEqual(JSON.parse(human), document)
      assert.isTrue(accepts(document, JSON.parse(manifest({ one: { config: { any: 1 } } }))))
      assert.isFalse(accepts(document, { connectors: { one: {} } }))
      const named = yield* inBothForms<{ error: object }>(["schema", "--project", root], { cwd: root })
      assert.strictEqual(named.code, 1)
      assert.deepInclude(named.document.error, { _tag: "ManifestUnreadable" })
    }),
  )

  it.live("of a project with a broken connector knows the others, and says what it lacks", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: { config: { days: 1 } }, broken: { config: { any: [1] } } }),
        "connectors/one/index.ts": configured("days"),
        "connectors/broken/index.ts": "export default {",
      })
      const { code, stderr, schema } = yield* schemaAt(root)
      assert.strictEqual(code, 0)
      assert.match(stderr, /^warning: connectors\/broken\/index\.ts:1:\d+: [^]*\n {2}Correct the source/)
      const document = JSON.parse(yield* read(root, "manifest.json"))
      assert.isTrue(accepts(schema, document))
      document.connectors.one.config = {}
      assert.isFalse(accepts(schema, document))
    }),
  )

  it.live("of a project with a broken manifest is that of any manifest", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{ oops" })
      const { code, stderr, schema } = yield* schemaAt(root)
      assert.strictEqual(code, 0)
      assert.match(stderr, /^warning: manifest\.json:1:3: this is not valid JSON/)
      assert.deepEqual(schema, (yield* schemaAt(yield* temporaryProject({}))).schema)
    }),
  )

  it.live("knows a connector that the manifest declares wrongly: that is when it is needed", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: { datasets: { rows: "nowhere" }, shedule: 1, config: {} } }),
        "connectors/one/index.ts": configured("days"),
      })
      const { schema } = yield* schemaAt(root)
      const sound = JSON.parse(manifest({ one: { config: { days: 1 } } }))
      assert.isTrue(accepts(schema, sound))
      sound.connectors.one.config = { days: "1" }
      assert.isFalse(accepts(schema, sound))
    }),
  )
})

describe.concurrent("the copy that a manifest names as its $schema", () => {
  it.live("is there after init, and validate has nothing against its name", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      yield* openislands(["init"], { cwd: root })
      const text = yield* read(root, "manifest.json")
      assert.match(text, /^\{\n {2}"\$schema": "\.\/\.openislands\/manifest\.schema\.json",\n/)
      assert.strictEqual(yield* read(root, copy), (yield* schemaAt(root)).stdout)
      assert.deepInclude((yield* validate(root)).document, { ok: true, warnings: [] })
    }),
  )

  for (const command of ["validate", "status", "sync", "schema"]) {
    it.live(`follows the project with ${command}, and is left alone when nothing changed`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({
          "manifest.json": naming(manifest({ one: { config: { days: 1, weeks: 1 } } })),
          "connectors/one/index.ts": configured("days"),
        })
        const run = openislands([command], { cwd: root })
        const at = path.join(root, copy)
        assert.strictEqual((yield* run).stderr, "")
        assert.include(yield* read(at), `"days"`)
        const first = yield* Effect.promise(() => stat(at))
        yield* run
        assert.strictEqual((yield* Effect.promise(() => stat(at))).ino, first.ino)
        yield* Effect.promise(() => writeFile(path.join(root, "connectors/one/index.ts"), configured("weeks")))
        yield* run
        assert.include(yield* read(at), `"weeks"`)
        assert.notInclude(yield* read(at), `"days"`)
        // Somebody is in the middle of a line.
        yield* Effect.promise(() => writeFile(path.join(root, "manifest.json"), `{ "$schema": "./${copy}", oops`))
        yield* run
        assert.include(yield* read(at), `"weeks"`)
      }),
    )
  }

  it.live("is not put where nobody asked for it; when it cannot be kept, a warning, and all else goes on", () =>
    Effect.gen(function* () {
      const files = { "manifest.json": manifest({ one: {} }), "connectors/one/index.ts": connector() }
      const root = yield* temporaryProject(files)
      yield* openislands(["validate"], { cwd: root })
      assert.isFalse(yield* Effect.promise(() => stat(path.join(root, copy)).then(Boolean, () => false)))
      const inTheWay = yield* temporaryProject({ "manifest.json": naming("{}"), ".openislands": "" })
      const { code, stdout, stderr } = yield* openislands(["validate"], { cwd: inTheWay })
      assert.strictEqual(code, 0)
      assert.include(stdout, "ok: 0 connectors")
      assert.match(stderr, /^warning: cannot write .*\.openislands/)
    }),
  )
})
