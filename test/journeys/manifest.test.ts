import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import {
  assertErrors,
  connector,
  inBothForms,
  kitImport,
  manifest,
  oneConnector,
  placeOf,
  status,
  validate,
} from "../fixtures/journey.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"

const file = "manifest.json"

/** A connector whose config has one required and one optional key. */
const configured = `${kitImport}import { z } from "zod"
export default defineConnector({
  description: "Configured",
  config: z.object({
    account: z.string(),
    days: z.number().int().positive().default(30),
    from: z.union([z.string(), z.object({ page: z.number() })]).optional(),
  }),
  schedule: "6h",
  outputs: { recovery: {}, sleep: {} },
  sync() {},
})
`

const withManifest = (text: string) =>
  temporaryProject({
    "manifest.json": text,
    "connectors/whoop/index.ts": configured,
    "sql/week.sql": "select 1",
  })

const whoop = (fields: string) => `{
  "datasets": {
    "recovery": { "source": "data/recovery.csv" },
    "sleep": { "source": "data/sleep.csv" },
    "week": { "sql": "sql/week.sql" }
  },
  "connectors": {
    "whoop": {
      "module": "connectors/whoop",
      ${fields}
    }
  }
}`
const account = `"config": { "account": "me" }`

describe.concurrent("a mistake in the manifest", () => {
  it.live("a project without one is green", () =>
    Effect.gen(function* () {
      const root = yield* withManifest(whoop(`"datasets": { "recovery": "recovery" }, ${account}`))
      const answer = yield* validate(root)
      assertErrors(answer, [])
      assert.include(answer.human, "ok: 1 connector")
      assert.deepEqual(answer.document.warnings, [])
      const [one] = answer.document.connectors
      assert.strictEqual(one?.schedule, "6h")
      assert.deepEqual(one?.datasets, { recovery: "recovery" })
    }),
  )

  it.live("a typo in an output name", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "recovry": "recovery" }, ${account}`)
      const answer = yield* validate(yield* withManifest(text))
      const place = { file, path: "connectors.whoop.datasets.recovry", ...placeOf(text, `"recovery" },`) }
      const message = /has no output "recovry".*Did you mean "recovery"\?/
      assertErrors(answer, [{ _tag: "UnknownOutput", ...place, message, suggestion: /recovery, sleep/ }])
    }),
  )

  for (const [what, fields, module, message] of [
    [
      "an output",
      `"datasets": { "recovry": "recovery" }, ${account}`,
      "module",
      /no output "recovry"\. Did you mean "recovery"\?\n.* Correct it at manifest\.json:10:32\.\n/,
    ],
    [
      "a dataset",
      `"datasets": { "recovery": "recovry" }, ${account}`,
      "module",
      /named "recovry"\. Did you mean "recovery"\?\n +Correct it at manifest\.json:10:33\.\n/,
    ],
    [
      "a key",
      `"datasets": { "recovery": "recovery" }, ${account}`,
      "modul",
      /whoop\.module: is missing; .*directory\. "modul" is not a key that anything reads\. Did you mean "module"\?\n/,
    ],
    [
      "a config that is missing",
      `"datasets": { "recovery": "recovery" }`,
      "module",
      /account: is missing; expected string\. Write it as "config": \{ "account": \.\.\. \}\n/,
    ],
  ] as const) {
    it.live(`a typo in the name of ${what} is told by a sync as well, with its place and what was meant`, () =>
      Effect.gen(function* () {
        const root = yield* withManifest(whoop(fields).replace(`"module"`, `"${module}"`))
        for (const command of ["sync", "preview"]) {
          const { code, stdout } = yield* openislands([command, "whoop"], { cwd: root })
          assert.strictEqual(code, 1)
          assert.match(stdout, message)
        }
        const { stderr } = yield* openislands(["sync", "whopo"], { cwd: root })
        assert.include(stderr, `the manifest has no connector "whopo". Did you mean "whoop"?`)
        assert.notInclude(stderr, "Declare")
      }),
    )
  }

  it.live("an output named toString", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "toString": "recovery" }, ${account}`)
      const answer = yield* validate(yield* withManifest(text))
      const place = { file, path: "connectors.whoop.datasets.toString", ...placeOf(text, `"recovery" },`) }
      assertErrors(answer, [{ _tag: "UnknownOutput", ...place, message: /has no output "toString"/ }])
    }),
  )

  it.live("a bad config", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": {}, "config": { "account": 7, "days": -1, "from": { "page": "2" } }`)
      const answer = yield* validate(yield* withManifest(text))
      const at = (key: string, part: string) => ({
        file,
        path: `connectors.whoop.config.${key}`,
        ...placeOf(text, part),
      })
      assertErrors(answer, [
        { _tag: "InvalidConfig", ...at("account", "7,"), message: /expected string/ },
        { _tag: "InvalidConfig", ...at("days", "-1"), message: /days/ },
        { _tag: "InvalidConfig", ...at("from.page", `"2"`), message: /from\.page: .*expected number, got "2"/ },
      ])
    }),
  )

  it.live("a required config left out altogether", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": {}`)
      const answer = yield* validate(yield* withManifest(text))
      const place = { file, path: "connectors.whoop.config.account", ...placeOf(text, `{\n      "module"`) }
      assertErrors(answer, [{ _tag: "InvalidConfig", ...place, message: /account: is missing; expected string/ }])
      const shown = (yield* status(yield* withManifest(text))).document.connectors[0]
      assert.include(JSON.stringify(shown?.loadError), "InvalidConfig")
    }),
  )

  it.live("a config for a connector that takes none", () =>
    Effect.gen(function* () {
      const text = manifest({ one: { config: { days: 3 } } })
      const root = yield* temporaryProject({ ...oneConnector(connector()), "manifest.json": text })
      const place = { file, path: "connectors.one.config", ...placeOf(text, `{\n        "days"`) }
      assertErrors(yield* validate(root), [{ _tag: "InvalidConfig", ...place, message: /takes no config/ }])
    }),
  )

  it.live("an unknown config key is a warning with what was meant", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": {}, "config": { "account": "me", "dys": 3 }`)
      const answer = yield* validate(yield* withManifest(text))
      assertErrors(answer, [])
      assert.deepInclude(answer.document.warnings[0], { _tag: "UnknownKey", key: "dys", didYouMean: "days", file })
      assert.include(answer.human, "warning: ")
    }),
  )

  for (const schedule of [
    `"banana"`,
    `"-1h"`,
    `"0h"`,
    `7`,
    `"* * *"`,
    `{ "cron": "0 0 * * *", "timeZone": "Mars" }`,
    `"0 0 31 2 *"`,
  ]) {
    it.live(`a bad schedule: ${schedule}`, () =>
      Effect.gen(function* () {
        const text = whoop(`"datasets": {}, ${account}, "schedule": ${schedule}`)
        const answer = yield* validate(yield* withManifest(text))
        const place = { file, path: "connectors.whoop.schedule", ...placeOf(text, `${schedule}\n`) }
        const next = { message: /cannot be understood/, suggestion: /"30d"/ }
        assertErrors(answer, [{ _tag: "InvalidSchedule", ...place, ...next }])
      }),
    )
  }

  it.live("30d and cron are fine, and win over the connector's own", () =>
    Effect.gen(function* () {
      const daily = yield* validate(yield* withManifest(whoop(`"datasets": {}, ${account}, "schedule": "30d"`)))
      assertErrors(daily, [])
      assert.strictEqual(daily.document.connectors[0]?.schedule, "30d")
      const cron = { cron: "0 6 * * 1-5", timeZone: "Europe/Berlin" }
      const text = whoop(`"datasets": {}, ${account}, "schedule": ${JSON.stringify(cron)}`)
      const timed = yield* validate(yield* withManifest(text))
      assertErrors(timed, [])
      assert.deepEqual(timed.document.connectors[0]?.schedule, cron)
    }),
  )

  it.live("a bad schedule of the connector's own", () =>
    Effect.gen(function* () {
      const source = connector().replace("outputs:", `schedule: "soon", outputs:`)
      const root = yield* temporaryProject(oneConnector(source))
      const index = "connectors/one/index.ts"
      const place = { file: index, path: "connectors.one.module", ...placeOf(source, "defineConnector({") }
      const message = /"soon" is not an interval.*such as 6h.*the connector's own default/
      assertErrors(yield* validate(root), [{ _tag: "InvalidSchedule", ...place, message }])
    }),
  )

  it.live("an unknown dataset", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "sleep": "slep" }, ${account}`)
      const place = { file, path: "connectors.whoop.datasets.sleep", ...placeOf(text, `"slep"`) }
      const expected = {
        _tag: "UnknownDataset",
        ...place,
        message: /Did you mean "sleep"\?/,
        suggestion: /^Correct it at/,
      }
      assertErrors(yield* validate(yield* withManifest(text)), [expected])
    }),
  )

  it.live("an output mapped to a sql dataset", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "sleep": "week" }, ${account}`)
      const place = { file, path: "connectors.whoop.datasets.sleep", ...placeOf(text, `"week" }`) }
      const expected = { _tag: "NotASource", ...place, message: /is a sql dataset/, suggestion: /"source"/ }
      assertErrors(yield* validate(yield* withManifest(text)), [expected])
    }),
  )

  it.live("two outputs on one dataset", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "recovery": "sleep", "sleep":  "sleep" }, ${account}`)
      const place = { file, path: "connectors.whoop.datasets.sleep", ...placeOf(text, `"sleep" }`) }
      const message = /"recovery" and "sleep" both write to dataset "sleep"/
      const root = yield* withManifest(text)
      assertErrors(yield* validate(root), [{ _tag: "DatasetShared", ...place, message }])
      // Whoever syncs, previews or looks is told the place too, once.
      for (const command of ["sync", "preview", "status"]) {
        const { stdout } = yield* openislands([command, "whoop"], { cwd: root })
        assert.match(stdout, new RegExp(`manifest\\.json:${place.line}:${place.column}: outputs "recovery"`), command)
        assert.strictEqual(stdout.split("manifest.json:").length, 2, command)
      }
    }),
  )

  it.live("every format can be written to", () =>
    Effect.gen(function* () {
      const sources = ["a.json", "b.parquet", "c.ndjson", "d.csv", "e.jsonl", "f.sqlite", "f.db"]
      const datasets = Object.fromEntries(
        sources.map((source) => [
          source.replace(".", "_"),
          { source: `data/${source}`, ...(/\.(sqlite|db)$/.test(source) ? { table: "rows" } : {}) },
        ]),
      )
      const outputs = Object.keys(datasets).filter((name) => name !== "f_db")
      const entry = { module: "connectors/one", datasets: Object.fromEntries(outputs.map((name) => [name, name])) }
      const text = JSON.stringify({ datasets, connectors: { one: entry } }, null, 2)
      const declared = outputs.map((name) => `${name}: {}`).join(", ")
      const files = { "manifest.json": text, "connectors/one/index.ts": connector("", declared) }
      const answer = yield* validate(yield* temporaryProject(files))
      assertErrors(answer, [])
      assert.deepStrictEqual(answer.document.warnings, [])
    }),
  )

  it.live("an unknown key is a warning with what was meant; unknown sections are other systems' own", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": {}, ${account}, "schedul": "1h"`).replace("{", `{ "pages": [1], `)
      const answer = yield* validate(yield* withManifest(text))
      assertErrors(answer, [])
      assert.lengthOf(answer.document.warnings, 1)
      assert.deepInclude(answer.document.warnings[0], {
        _tag: "UnknownKey",
        path: "connectors.whoop.schedul",
        didYouMean: "schedule",
        ...placeOf(text, `"schedul"`),
      })
    }),
  )

  it.live("a trailing comma, comments, a byte order mark and CRLF are accepted", () =>
    Effect.gen(function* () {
      const text = `\uFEFF// mine\n${whoop(`/* all */ "datasets": {}, ${account},`)}`.replaceAll("\n", "\r\n")
      assertErrors(yield* validate(yield* withManifest(text)), [])
    }),
  )

  it.live("a broken brace is located", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": { "recovery": "recovery", ${account}`)
      const answer = yield* validate(yield* withManifest(text))
      assert.strictEqual(answer.code, 1)
      const [error, ...others] = answer.document.errors
      assert.lengthOf(others, 0)
      assert.strictEqual(error?._tag, "ManifestSyntax")
      assert.match(error?.message ?? "", /^manifest\.json:\d+:\d+: this is not valid JSON: /)
      // The file's end is where the lack shows; the sentence names the line of the brace that is open.
      assert.strictEqual(error?.["line"], text.split("\n").length)
      assert.match(error?.message ?? "", /ends before the "\{" of line 1 is closed/)
      assert.match(answer.human, /^manifest\.json:\d+:\d+ error: this is not valid JSON: the file ends before/m)
      assert.isNotEmpty(error?.suggestion)
    }),
  )

  it.live("connectors that are no object are none that could be left out: sync and status fail", () =>
    Effect.gen(function* () {
      for (const [text, place] of [
        [`{ "connectors": [] }`, { path: "connectors", line: 1, column: 17 }],
        ["[]", { path: "", line: 1, column: 1 }],
      ] as const) {
        const root = yield* temporaryProject({ "manifest.json": text })
        for (const command of ["sync", "status"]) {
          const { code, document } = yield* inBothForms<{ readonly error: object }>([command], { cwd: root })
          assert.strictEqual(code, 1)
          assert.deepInclude(document.error, { _tag: "InvalidField", file, ...place })
        }
      }
    }),
  )

  it.live("a word that is no value is located, and status says so too", () =>
    Effect.gen(function* () {
      const text = whoop(`"datasets": oops, ${account}`)
      const root = yield* withManifest(text)
      const place = { file, path: "", ...placeOf(text, "oops") }
      assertErrors(yield* validate(root), [{ _tag: "ManifestSyntax", ...place, message: /"oops" is not a value/ }])
      assert.match((yield* validate(root)).human, /^1 error in manifest\.json$/m)
      const { code, document } = yield* status(root)
      assert.strictEqual(code, 1)
      assert.deepInclude((document as { error?: object }).error, { _tag: "ManifestSyntax", ...place })
    }),
  )

  it.live("a key that is missing in .env is no mistake in it, and yet told", () =>
    Effect.gen(function* () {
      const source = connector().replace("outputs:", 'secrets: ["METER_API_KEY"], outputs:')
      const root = yield* temporaryProject(oneConnector(source))
      const { code, document, human } = yield* validate(root)
      assert.deepInclude(document, { ok: true, warnings: [] })
      assert.strictEqual(code, 0)
      const lines = [
        '.env warning: connector "one" needs METER_API_KEY before it can sync',
        "  Add to .env: METER_API_KEY=...",
      ]
      assert.strictEqual(human, [...lines, "", "ok: 1 connector", ""].join("\n"))
      yield* Effect.promise(() => writeFile(path.join(root, ".env"), "METER_API_KEY=something\n"))
      assert.strictEqual((yield* validate(root)).human, "ok: 1 connector\n")
    }),
  )

  it.live("ten errors at once are all reported, in the order of the file", () =>
    Effect.gen(function* () {
      const text = `{
  "datasets": {
    "bad name": { "source": "data/a.csv" },
    "outside": { "source": "../b.csv" },
    "neither": {},
    "format": { "source": "data/c.xml" },
    "week": { "sql": "sql/week.sql" },
    "rows": { "source": "data/rows.csv" }
  },
  "connectors": {
    "away": { "module": "../elsewhere", "datasets": {} },
    "late": { "module": "connectors/late", "datasets": {}, "schedule": "banana" },
    "lost": { "module": "connectors/lost", "datasets": { "a": "nowhere", "b": "week" } },
    "sloth": { "module": "connectors/sloth", "datasets": {}, "timeout": "never" },
    "typo": { "module": "connectors/typo", "datasets": { "rwos": "rows" } }
  }
}`
      const sound = { "connectors/typo/index.ts": connector(), "sql/week.sql": "select 1" }
      const root = yield* temporaryProject({ "manifest.json": text, ...sound })
      const answer = yield* validate(root)
      const at = (path: string, part: string) => ({ file, path, ...placeOf(text, part) })
      assertErrors(answer, [
        { _tag: "InvalidName", ...at(`datasets["bad name"]`, `"bad name"`) },
        { _tag: "InvalidPath", ...at("datasets.outside.source", `"../b.csv"`) },
        { _tag: "InvalidField", ...at("datasets.neither", `{},\n    "format"`) },
        { _tag: "InvalidField", ...at("datasets.format.source", `"data/c.xml"`) },
        { _tag: "InvalidPath", ...at("connectors.away.module", `"../elsewhere"`) },
        { _tag: "InvalidSchedule", ...at("connectors.late.schedule", `"banana"`) },
        { _tag: "UnknownDataset", ...at("connectors.lost.datasets.a", `"nowhere"`) },
        { _tag: "NotASource", ...at("connectors.lost.datasets.b", `"week" }`) },
        { _tag: "InvalidField", ...at("connectors.sloth.timeout", `"never"`) },
        { _tag: "UnknownOutput", ...at("connectors.typo.datasets.rwos", `"rows" }`) },
      ])
      assert.include(answer.human, "10 errors in manifest.json\n")
    }),
  )

  it.live("a problem of a dataset is the loadError of the connector that writes to it, and of no other", () =>
    Effect.gen(function* () {
      const text = `{
  "datasets": { "bad": { "source": "../bad.csv" }, "good": { "source": "data/good.csv" }, "worse": { "source": 7 } },
  "connectors": {
    "one": { "module": "connectors/one", "datasets": { "rows": "bad" } },
    "two": { "module": "connectors/one", "datasets": { "rows": "good" } },
    "three": { "module": "connectors/one", "datasets": { "rows": "worse" } }
  }
}`
      const root = yield* temporaryProject({ "manifest.json": text, "connectors/one/index.ts": connector() })
      const [one, two, three] = (yield* status(root)).document.connectors
      assert.deepInclude(one?.loadError as object, { _tag: "InvalidPath", path: "datasets.bad.source" })
      assert.isNull(two?.loadError)
      assert.deepInclude(three?.loadError as object, { _tag: "InvalidField", path: "datasets.worse.source" })
      const { errors } = (yield* validate(root)).document
      assert.lengthOf(errors, 2)
    }),
  )
})

const escape = (name: string, paths: Readonly<{ source?: string; module?: string }>, message: RegExp) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const text = `{
"datasets": { "rows": { "source": ${JSON.stringify(paths.source ?? "data/rows.csv")} } },
"connectors": { "one": { "module": ${JSON.stringify(paths.module ?? "connectors/one")}, "datasets": {} } }
}`
      const outer = yield* temporaryProject({
        "outside/index.ts": connector(),
        "project/manifest.json": text,
        "project/.env": "A=1",
        "project/connectors/one/index.ts": connector(),
      })
      const root = path.join(outer, "project")
      yield* Effect.promise(async () => {
        await mkdir(path.join(root, "data"))
        await symlink(path.join(outer, "outside"), path.join(root, "link"))
        await symlink(path.join(outer, "outside", "rows.csv"), path.join(root, "data", "dangling.csv"))
        await symlink(path.join(root, ".env"), path.join(root, "data", "harmless.csv"))
      })
      const written = paths.source ?? paths.module ?? ""
      const where = paths.source === undefined ? "connectors.one.module" : "datasets.rows.source"
      const place = { file, path: where, ...placeOf(text, JSON.stringify(written)) }
      assertErrors(yield* validate(root), [
        { _tag: "InvalidPath", ...place, message, suggestion: /inside the project/ },
      ])
    }),
  )

describe.concurrent("a path that leads out of the project", () => {
  escape("source, by ..", { source: "../rows.csv" }, /leads outside the project/)
  escape("source, by .. in the middle", { source: "data/../../rows.csv" }, /leads outside the project/)
  escape("source, absolute", { source: "/etc/rows.csv" }, /leads outside the project/)
  escape("source, by a symlink", { source: "link/rows.csv" }, /leads outside the project/)
  escape("source, by a symlink that dangles", { source: "data/dangling.csv" }, /leads outside the project/)
  escape("source, into .env", { source: ".env.csv" }, /holds secrets/)
  escape("source, into .env by a symlink", { source: "data/harmless.csv" }, /holds secrets/)
  escape("source, into .openislands", { source: ".openislands/state/rows.json" }, /belongs to the runtime/)
  escape("module, by ..", { module: "../outside" }, /leads outside the project/)
  escape("module, by a symlink", { module: "link" }, /leads outside the project/)
  escape("module, into .env", { module: ".env" }, /holds secrets/)
  escape("module, into .openislands", { module: ".openislands/cache" }, /belongs to the runtime/)

  it.live("two database files of one connector: no sync could commit them as one", () =>
    Effect.gen(function* () {
      const text = `{
  "datasets": {
    "visits": { "source": "data/app.db", "table": "visits" },
    "people": { "source": "data/app.db", "table": "people" },
    "orders": { "source": "data/shop.sqlite", "table": "orders" },
    "log": { "source": "data/log.csv" }
  },
  "connectors": {
    "whoop": {
      "module": "connectors/whoop",
      "datasets": { "a": "visits", "b": "people", "c": "log", "d": "orders" }
    },
    "other": { "module": "connectors/whoop", "datasets": { "a": "orders" } }
  }
}`
      const root = yield* temporaryProject({
        "manifest.json": text,
        "connectors/whoop/index.ts": connector("", "a: {}, b: {}, c: {}, d: {}"),
      })
      const answer = yield* validate(root)
      assertErrors(answer, [
        {
          _tag: "TwoDatabases",
          file,
          path: "connectors.whoop.datasets.d",
          ...placeOf(text, '"orders" }\n    },'),
          message: /connector "whoop" writes to datasets "visits" and "orders", which are in two database files/,
          suggestion: /tables of one database file/,
        },
      ])
      assert.deepInclude(answer.document.errors[0]!, { connector: "whoop", datasets: ["visits", "orders"] })
    }),
  )
})
