import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rm, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import {
  assertErrors,
  connector,
  kitImport,
  manifest,
  oneConnector,
  placeOf,
  status,
  validate,
} from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const one = { path: "connectors.one.module" }
const index = "connectors/one/index.ts"
/** Of a failure that has no place in a source file: where the manifest names the module. */
const moduleLine = { file: "manifest.json", ...one, ...placeOf(manifest({ one: {} }), `"connectors/one"`) }

describe.concurrent("a module that doesn't load", () => {
  it.live("a missing directory", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": manifest({ one: {} }) })
      const message = /^connectors\/one: there is no such directory/
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...moduleLine, message, suggestion: /Copy/ }])
    }),
  )

  it.live("a file where the directory should be", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": manifest({ one: {} }), "connectors/one": connector() })
      const message = /it is a file, not a directory/
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...moduleLine, message }])
    }),
  )

  it.live("no index", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: {} }),
        "connectors/one/main.ts": connector(),
      })
      const message = /has none of index\.ts/
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...moduleLine, message, suggestion: /Add an index/ }])
    }),
  )

  it.live("a syntax error, at its line and column", () =>
    Effect.gen(function* () {
      const source = connector("const rows = [1, 2\nconst more = 3\n")
      const place = { file: index, ...one, ...placeOf(source, "const more") }
      const root = yield* temporaryProject(oneConnector(source))
      const answer = yield* validate(root)
      assertErrors(answer, [{ _tag: "LoadError", ...place, message: /Expected "\]" but found "const"/ }])
      assert.strictEqual(answer.document.errors[0]?.["reason"], "syntax")
    }),
  )

  it.live("a name that the kit or zod doesn't export, by the name of the package", () =>
    Effect.gen(function* () {
      for (const [line, message] of [
        [
          `import { z } from "@openislands/connector-kit"`,
          /: @openislands\/connector-kit exports no "z"; z comes from zod/,
        ],
        [`import { insert } from "@openislands/connector-kit"`, /: @openislands\/connector-kit exports no "insert"$/],
        [`import { strin } from "zod"`, /: zod exports no "strin"$/],
      ] as const) {
        const name = /\{ (\w+) \}/.exec(line)![1]!
        const source = `${line}\n${kitImport}\nexport default defineConnector(${name})\n`
        const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
        assertErrors(answer, [{ _tag: "LoadError", file: index, ...one, line: 1, column: 10, message }])
      }
    }),
  )

  it.live("a syntax error in a helper file, at its line and column", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        ...oneConnector(connector(`import { days } from "../shared/days"\nvoid days\n`)),
        "connectors/shared/days.ts": "export const days = \n  )\n",
      })
      const place = { file: "connectors/shared/days.ts", ...one, line: 2, column: 3 }
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...place, message: /Unexpected "\)"/ }])
    }),
  )

  it.live("an import of a file that isn't there", () =>
    Effect.gen(function* () {
      const source = connector(`import { days } from "./dyas"\nvoid days\n`)
      const root = yield* temporaryProject({ ...oneConnector(source), "connectors/one/days.ts": "" })
      const place = { file: index, ...one, ...placeOf(source, `"./dyas"`) }
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...place, message: /Could not resolve "\.\/dyas"/ }])
    }),
  )

  it.live("no default export", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(connector().replace("export default", "export const it =")))
      const place = { file: index, ...one, line: 1, column: 1 }
      const next = { message: /no default export/, suggestion: /export default defineConnector/ }
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...place, ...next }])
    }),
  )

  for (const [what, source, message] of [
    ["a string", `export default "rows"`, /not the result of defineConnector/],
    ["null", "export default null", /not the result of defineConnector/],
    [
      "an object of the right form",
      `export default { description: "x", outputs: { rows: {} }, sync() {} }`,
      /not the result of defineConnector/,
    ],
  ] as const) {
    it.live(`a default export that isn't a connector: ${what}`, () =>
      Effect.gen(function* () {
        const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
        const place = { file: index, ...one, line: 1, column: 1 }
        assertErrors(answer, [{ _tag: "LoadError", ...place, message, suggestion: /Pass the definition/ }])
        assert.strictEqual(answer.document.errors[0]?.["reason"], "not-a-connector")
      }),
    )
  }

  it.live("one broken connector among three: the other two are fine", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ first: {}, second: {}, third: {} }),
        "connectors/first/index.ts": connector(),
        "connectors/second/index.ts": connector("throw new Error('oops')\n"),
        "connectors/third/index.ts": connector(),
      })
      const answer = yield* validate(root)
      const place = { file: "connectors/second/index.ts", path: "connectors.second.module", line: 2, column: 7 }
      assertErrors(answer, [{ _tag: "LoadError", ...place, message: /oops/ }])
      const { code, document, human } = yield* status(root)
      assert.strictEqual(code, 0)
      assert.deepEqual(
        document.connectors.map(({ name, connected, loadError }) => [name, connected, loadError === null]),
        [
          ["first", true, true],
          ["second", false, false],
          ["third", true, true],
        ],
      )
      assert.match(human, /first {2}connected[^]*second {2}does not load[^]*oops[^]*third {2}connected/)
      // A run that failed for the same says it no second time.
      assert.strictEqual((yield* openislands(["sync", "second"], { cwd: root })).code, 1)
      assert.lengthOf((yield* status(root)).human.match(/oops/g) ?? [], 1)
    }),
  )
})

describe.concurrent("a definition", () => {
  const rows = "outputs: { rows: {} }"
  const data = `data: { tokenEnv: "A" }`
  for (const [what, definition, message] of [
    ["no outputs", `description: "x", outputs: [], sync() {}`, /outputs must be an object/],
    ["empty outputs", `description: "x", outputs: {}, sync() {}`, /names at least one output/],
    ["no sync", `description: "x", ${rows}`, /sync must be a function$/],
    ["no description", `${rows}, sync() {}`, /description must be a non-empty string$/],
    [
      "an output named ../x",
      `description: "x", outputs: { "../x": {} }, sync() {}`,
      /"\.\.\/x" cannot be the name of an output/,
    ],
    ...(["1", "[]", '""', '["a", 1]', '["a", ""]', "[,]", "{}"] as const).map(
      (key) =>
        [
          `a key that is ${key}`,
          `description: "x", outputs: { rows: { key: ${key} } }, sync() {}`,
          /outputs\.rows\.key must name a column, or be an array that names at least one$/,
        ] as const,
    ),
    [
      "a column twice in a key",
      `description: "x", outputs: { rows: { key: ["id", "day", "ID"] } }, sync() {}`,
      /outputs\.rows\.key names "ID" twice$/,
    ],
    ...(['"x"', "{}", '{ "~standard": {} }', "() => {}"] as const).map(
      (schema) =>
        [
          `a schema that is ${schema}`,
          `description: "x", outputs: { rows: { schema: ${schema} } }, sync() {}`,
          /outputs\.rows\.schema must be a zod schema$/,
        ] as const,
    ),
    [
      "a sign-in of another type",
      `description: "x", auth: { type: "basic" }, ${rows}, sync() {}`,
      /auth\.type must be "oauth2", "bearer" or "oauth2-client-credentials"$/,
    ],
    [
      "a sign-in without data",
      `description: "x", auth: { type: "bearer" }, ${rows}, sync() {}`,
      /auth\.data must be an object of tokenEnv$/,
    ],
    [
      "no text between scopes",
      `description: "x", auth: { type: "oauth2", data: { scopeSeparator: 1 } }, ${rows}, sync() {}`,
      /auth\.data\.scopeSeparator must be a non-empty string/,
    ],
    [
      "a time zone that is a number",
      `description: "x", schedule: { cron: "0 0 * * *", timeZone: 1 }, ${rows}, sync() {}`,
      /schedule\.timeZone must be a non-empty string$/,
    ],
    [
      "everything wrong: all of it at once",
      `outptus: {}, secrets: ["a b", 3], auth: { type: "oauth2", data: { tokenUrl: "x", scopes: "all" } }, sync: 1`,
      new RegExp(
        [
          "description must be .*; secrets\\[0\\] must be .*; secrets\\[1\\] must be ",
          "authorizeUrl .*tokenUrl .*scopes .*clientIdEnv ",
          "outputs must be .*sync must be .*outptus is not a key that anything reads$",
        ].join(".*"),
      ),
    ],
  ] as const) {
    it.live(`that has ${what}: where defineConnector is called`, () =>
      Effect.gen(function* () {
        const source = `${kitImport}\nexport default defineConnector({ ${definition} } as never)\n`
        const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
        const place = { file: index, ...one, ...placeOf(source, "defineConnector({") }
        assertErrors(answer, [{ _tag: "LoadError", ...place, message, suggestion: /^Correct the definition/ }])
        assert.strictEqual(answer.document.errors[0]?.["reason"], "invalid-definition")
      }),
    )
  }

  it.live("that has misspelt keys: warnings, at its place, also when it is in the cache and the source moved", () =>
    Effect.gen(function* () {
      const source = `${kitImport}
export default defineConnector({
  description: "x", shedule: "6h", auth: { type: "bearer", ${data.replace("{", `{ tokenenv: "A",`)}, note: 1 },
  outputs: { rows: { descripton: "y" } }, sync() {},
} as never)
`
      const root = yield* temporaryProject({ ...oneConnector(source), ".env": "A=long-enough\n" })
      for (const text of [source, source.replace("\n\n", "\n\n\n\n")]) {
        yield* Effect.promise(() => writeFile(path.join(root, index), text))
        const answer = yield* validate(root)
        assertErrors(answer, [])
        const { line, column } = placeOf(text, "defineConnector({")
        assert.deepEqual(
          answer.document.warnings.map((warning) => [warning._tag, warning["path"], warning["didYouMean"]]),
          [
            ["UnknownKey", "auth.note", null],
            ["UnknownKey", "auth.data.tokenenv", "tokenEnv"],
            ["UnknownKey", "outputs.rows.descripton", "description"],
            ["UnknownKey", "shedule", "schedule"],
          ],
        )
        for (const warning of answer.document.warnings) assert.deepInclude(warning, { file: index, line, column })
        assert.include(answer.human, `${index}:${line}:${column} warning: "shedule"`)
        assert.include(answer.human, `Did you mean "schedule"?`)
      }
    }),
  )

  it.live("whose config schema throws: in its own words, at its place", () =>
    Effect.gen(function* () {
      const source = `${kitImport}import { z } from "zod"
const config = z.object({}).transform((value) => {
  throw new TypeError("no such account")
})
export default defineConnector({ description: "x", config, ${rows}, sync() {} })
`
      const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
      const place = { file: index, ...one, ...placeOf(source, "new TypeError") }
      const next = { message: /its config schema failed: TypeError: no such account/, suggestion: /must not throw/ }
      assertErrors(answer, [{ _tag: "LoadError", ...place, ...next }])
      assert.strictEqual(answer.document.errors[0]?.["reason"], "config-threw")
    }),
  )
})

const refused = (name: string, source: string, file: string, part: string, others: Record<string, string> = {}) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const files: Record<string, string> = { ...oneConnector(source), ...others }
      const place = { file, ...one, ...placeOf(files[file]!, part) }
      const answer = yield* validate(yield* temporaryProject(files))
      const next = {
        message: /cannot be imported by a connector|not one of the project's own/,
        suggestion: /builtins/,
      }
      assertErrors(answer, [{ _tag: "LoadError", ...place, ...next }])
      assert.strictEqual(answer.document.errors[0]?.["reason"], "forbidden-import")
    }),
  )

describe.concurrent("what a connector may import", () => {
  for (const module of ["fs", "node:fs", "child_process", "lodash", "node:sqlite", "node:module", "openislands"]) {
    refused(`not ${module}`, connector(`import * as it from "${module}"\nvoid it\n`), index, `"${module}"`)
  }
  refused("not fs by import()", connector(`const it = await import("fs")\nvoid it\n`), index, `"fs"`)
  refused("not fs by require", connector(`const it = require("fs")\nvoid it\n`), index, `"fs"`)
  refused("not fs in a helper", connector(`import "./helper"\n`), "connectors/one/helper.ts", `"fs"`, {
    "connectors/one/helper.ts": `export * from "fs"\n`,
  })
  refused("not an absolute path", connector(`import it from "/etc/hostname"\nvoid it\n`), index, `"/etc`)
  refused("not .env", connector(`import it from "../../.env"\nvoid it\n`), index, `"../..`, { ".env": "A=1" })
  refused("not the project's node_modules", connector(`import "../../node_modules/a/i"\n`), index, `"../..`, {
    "node_modules/a/i.js": "export default 1",
  })
  refused("not a data: URL", connector(`import it from "data:text/javascript,1"\nvoid it\n`), index, `"data:`)

  it.live("not a file outside the project", () =>
    Effect.gen(function* () {
      const source = connector(`import it from "../../../rows.json"\nvoid it\n`)
      const files = Object.entries(oneConnector(source)).map(([name, text]) => [`project/${name}`, text])
      const outer = yield* temporaryProject({ ...Object.fromEntries(files), "rows.json": "[]" })
      const place = { file: index, ...one, ...placeOf(source, `"../../..`) }
      const message = /not one of the project's own files/
      const answer = yield* validate(path.join(outer, "project"))
      assertErrors(answer, [{ _tag: "LoadError", ...place, message }])
    }),
  )

  it.live("not a name that is put together when it runs", () =>
    Effect.gen(function* () {
      const source = connector(`const it = await import(["f", "s"].join(""))\nvoid it\n`)
      const message = /"fs" cannot be imported by a connector/
      const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
      assertErrors(answer, [{ _tag: "LoadError", file: index, ...one, line: 1, column: 1, message }])
    }),
  )

  it.live("zod, the kit, harmless builtins, and JSON and text of the project's own", () =>
    Effect.gen(function* () {
      const source = `${kitImport}import { z } from "zod"
import * as mini from "zod/mini"
import { createHash } from "node:crypto"
import { join } from "path"
import { helper } from "./helper"
import table from "../../shared/table.json"
void [mini, createHash, join, helper, table.rows, z]
export default defineConnector({ description: "x", outputs: { rows: {} }, sync() {} })
`
      const root = yield* temporaryProject({
        ...oneConnector(source),
        "connectors/one/helper.js": "export const helper = 1",
        "shared/table.json": `{ "rows": [] }`,
        // None of these decides how a connector is bundled.
        "package.json": `{ "type": "commonjs", "sideEffects": false }`,
        "tsconfig.json": `{ "compilerOptions": { "target": "es5", "paths": { "zod": ["./nowhere"] } } }`,
      })
      assertErrors(yield* validate(root), [])
    }),
  )
})

const edited = (name: string, files: Record<string, string>, edit: (root: string) => Promise<void>) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...oneConnector(connector(`import "./helper"\n`)), ...files })
      assertErrors(yield* validate(root), [])
      yield* Effect.promise(() => edit(root))
      const { code, document } = yield* validate(root)
      assert.strictEqual(code, 1)
      assert.match(document.errors[0]?.message ?? "", /noticed/)
    }),
  )

describe.concurrent("an edit is noticed", () => {
  const failing = `throw new Error("noticed")\n`

  edited("of a helper file", { "connectors/one/helper.ts": "" }, (root) =>
    writeFile(path.join(root, "connectors/one/helper.ts"), failing),
  )
  edited("of the same length", { "connectors/one/helper.ts": failing.replace("throw", "void ") }, (root) =>
    writeFile(path.join(root, "connectors/one/helper.ts"), failing),
  )
  edited("a new helper.ts in front of helper.js", { "connectors/one/helper.js": "" }, (root) =>
    writeFile(path.join(root, "connectors/one/helper.ts"), failing),
  )
  edited(
    "a helper.js that is left when helper.ts goes",
    { "connectors/one/helper.ts": "", "connectors/one/helper.js": failing },
    (root) => rm(path.join(root, "connectors/one/helper.ts")),
  )
  edited(
    "of a file outside the connector's directory",
    { "connectors/one/helper.ts": `import "../../shared/x"`, "shared/x.ts": "" },
    (root) => writeFile(path.join(root, "shared/x.ts"), failing),
  )
})

describe.concurrent("connectors that share a module", () => {
  it.live("each has its own config, and both see an edit", () =>
    Effect.gen(function* () {
      const source = `${kitImport}import { z } from "zod"
export default defineConnector({
  description: "Shared", config: z.object({ account: z.enum(["a", "b"]) }), outputs: { rows: {} }, sync() {},
})
`
      const shared = { module: "connectors/shared" }
      const text = manifest({
        first: { ...shared, config: { account: "a" } },
        second: { ...shared, config: { account: "b" } },
        third: { ...shared, config: { account: "c" } },
      })
      const root = yield* temporaryProject({ "manifest.json": text, "connectors/shared/index.ts": source })
      const place = { file: "manifest.json", path: "connectors.third.config.account", ...placeOf(text, `"c"`) }
      assertErrors(yield* validate(root), [{ _tag: "InvalidConfig", ...place }])

      yield* Effect.promise(() =>
        writeFile(path.join(root, "connectors/shared/index.ts"), source.replace(`["a", "b"]`, `["c"]`)),
      )
      const { document } = yield* validate(root)
      const paths = document.errors.map((error) => error["path"])
      assert.deepEqual(paths, ["connectors.first.config.account", "connectors.second.config.account"])
    }),
  )
})
