import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { layer } from "../../src/layers/JsoncManifest.ts"
import { layerAt } from "../../src/layers/NodeProject.ts"
import { ManifestService } from "../../src/services/ManifestService.ts"
import type { ManifestProblem, ManifestWarning } from "../../src/services/domain/ManifestProblem.ts"
import { temporaryProject } from "../fixtures/project.ts"

const loadAt = (root: string) =>
  ManifestService.use((service) => service.load).pipe(Effect.provide(layer.pipe(Layer.provide(layerAt(root)))))

/** `manifest` as text, or a value that is written as JSON. */
const load = (manifest: unknown, files: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest, null, 2)
    return yield* loadAt(yield* temporaryProject({ ...files, "manifest.json": text }))
  })

const brief = (problems: ReadonlyArray<ManifestProblem | ManifestWarning>) =>
  problems.map((problem) => `${problem._tag} ${problem.path}`)

const places = (problems: ReadonlyArray<ManifestProblem | ManifestWarning>) =>
  problems.map(({ _tag, path, line, column }) => `${line}:${column} ${_tag} ${path}`)

const rows = { source: "data/rows.csv" }
const whoop = { module: "connectors/whoop", datasets: { recovery: "rows" } }
const withConnector = (connector: unknown) => ({ datasets: { rows }, connectors: { whoop: connector } })
const withDataset = (dataset: unknown) => ({ datasets: { rows: dataset }, connectors: { whoop } })

/** Loads a manifest whose only flaw is in a connector's field (or its `permissions`, ...), and gives the problems. */
const problemsOf = (manifest: unknown, files?: Readonly<Record<string, string>>) =>
  load(manifest, files).pipe(Effect.map(({ problems }) => brief(problems)))

describe("a sound manifest", () => {
  it.live("is read with comments, trailing commas and a byte order mark", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": `\uFEFF{
  "$schema": "./schema.json", // for the editor
  "pages": [{ "a": 1, "a": 2 }], /* of a larger system */
  "connectors": {
    "whoop": {
      "module": "connectors/whoop",
      "datasets": { "recovery": "recovery", },
      "schedule": "6h",
      "config": { "lookbackDays": 30, "__proto__": { "deep": [1, null] } },
      "description": "Sleep",
      "timeout": "10m",
      "permissions": { "read": ["data"], "net": ["API.whoop.com", "localhost:8080", "[::1]:80"] },
    },
    "bare": { "module": "connectors/whoop", "datasets": {} },
  },
  "datasets": {
    "recovery": { "source": "data/recovery.csv", "description": "", "onDrift": "evolve", "onEmpty": "keep" },
    "a": { "source": "data/a.json" }, "b": { "source": "data/b.JSONL" }, "c": { "source": "data/c.ndjson" },
    "d": { "source": "data/d.parquet" }, "e": { "source": "data/e.db", "table": "x y; --" },
    "f": { "source": "data/e.db", "table": "other" },
    "all": { "sql": "queries/all.sql" },
  },
  "actions": {
    "add": {
      "dataset": "recovery", "mode": "insert", "description": "Adds a day",
      "fields": { "score": { "type": "integer", "min": 0, "max": 100, "default": null }, "mood": { "enum": ["ok", 1] } },
    },
  },
  "history": { "checkpoints": 5, "bytes": "2 GiB" },
  "serve": { "origin": "https://Islands.example.com/" },
}
`,
        "data/recovery.csv": "",
      })
      const { manifest, problems, warnings, connectorNames } = yield* loadAt(root)
      assert.deepStrictEqual(brief(problems), [])
      assert.deepStrictEqual(brief(warnings), [])
      assert.deepStrictEqual(connectorNames, ["whoop", "bare"])
      const { config, ...connector } = manifest.connectors.get("whoop")!
      assert.deepStrictEqual(connector, {
        name: "whoop",
        module: "connectors/whoop",
        directory: join(root, "connectors/whoop"),
        datasets: new Map([["recovery", "recovery"]]),
        schedule: { type: "interval", text: "6h", milliseconds: 21_600_000 },
        description: "Sleep",
        timeout: 600_000,
        permissions: { read: [join(root, "data")], net: ["api.whoop.com", "localhost:8080", "[::1]:80"] },
      })
      assert.strictEqual(JSON.stringify(config), '{"lookbackDays":30,"__proto__":{"deep":[1,null]}}')
      assert.strictEqual(Object.getPrototypeOf(config), Object.prototype)
      const bare = manifest.connectors.get("bare")!
      assert.deepStrictEqual(bare.config, {})
      assert.deepStrictEqual(bare.permissions, { read: [], net: null })
      assert.deepStrictEqual(manifest.datasets.get("recovery"), {
        kind: "source",
        name: "recovery",
        source: "data/recovery.csv",
        file: join(root, "data/recovery.csv"),
        format: "csv",
        table: null,
        description: "",
        onDrift: "evolve",
        onEmpty: "keep",
      })
      assert.deepInclude(manifest.datasets.get("e"), { format: "sqlite", table: "x y; --", onDrift: "reject" })
      assert.deepStrictEqual(
        [...manifest.datasets.values()].map((dataset) => (dataset.kind === "sql" ? "sql" : dataset.format)),
        ["csv", "json", "jsonl", "jsonl", "parquet", "sqlite", "sqlite", "sql"],
      )
      assert.deepStrictEqual(manifest.actions.get("add")?.fields.get("score"), {
        type: "integer",
        enum: null,
        min: 0,
        max: 100,
        description: null,
        default: null,
      })
      assert.deepStrictEqual(manifest.actions.get("add")?.fields.get("mood")?.enum, ["ok", 1])
      assert.deepStrictEqual(manifest.history, { checkpoints: 5, bytes: 2 ** 31 })
      assert.deepStrictEqual(manifest.serve, { origin: "https://islands.example.com" })
    }),
  )

  it.live("may be next to empty", () =>
    Effect.gen(function* () {
      const { manifest, problems, connectorNames } = yield* load("{}")
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(connectorNames, [])
      assert.deepStrictEqual(manifest.history, { checkpoints: 100, bytes: 2 ** 30 })
      assert.deepStrictEqual(manifest.serve, { origin: null })
    }),
  )

  it.live("is read again when it or what it leads to has changed", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify(withConnector({ ...whoop, permissions: { read: ["shared"] } })),
      })
      yield* Effect.gen(function* () {
        const service = yield* ManifestService
        assert.lengthOf((yield* service.load).problems, 1)
        yield* Effect.promise(() => mkdir(join(root, "shared")))
        assert.lengthOf((yield* service.load).problems, 0)
        yield* Effect.promise(() => writeFile(join(root, "manifest.json"), "{"))
        assert.strictEqual((yield* Effect.flip(service.load))._tag, "ManifestSyntax")
        yield* Effect.promise(() => rm(join(root, "manifest.json")))
        assert.strictEqual((yield* Effect.flip(service.load))._tag, "ManifestUnreadable")
      }).pipe(Effect.provide(layer.pipe(Layer.provide(layerAt(root)))))
    }),
  )

  it.live("of a hundred connectors takes a few milliseconds", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 100 }, (_, index) => `c${index}`)
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify({
          datasets: Object.fromEntries(names.map((name) => [name, { source: `data/${name}.csv` }])),
          connectors: Object.fromEntries(
            names.map((name) => [
              name,
              { module: `connectors/${name}`, datasets: { out: name }, schedule: "6h", config: { a: [1, 2, 3] } },
            ]),
          ),
        }),
      })
      const fastest = yield* Effect.gen(function* () {
        const service = yield* ManifestService
        const took: Array<number> = []
        for (let run = 0; run < 20; run++) {
          const began = performance.now()
          assert.strictEqual((yield* service.load).manifest.connectors.size, 100)
          took.push(performance.now() - began)
        }
        return Math.min(...took)
      }).pipe(Effect.provide(layer.pipe(Layer.provide(layerAt(root)))))
      assert.isBelow(fastest, 50)
    }),
  )
})

describe("what is no manifest", () => {
  it.live("is named by where it fails", () =>
    Effect.gen(function* () {
      for (const [text, line, column, detail] of [
        ["", 1, 1, "the file is empty"],
        ["// only a comment\n", 1, 18, "there is a value"],
        ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma is missing before this"],
        ['{\r\n  "a": \r\n}', 3, 1, "a value is missing"],
        ['\uFEFF{ "a" 1 }', 1, 7, "a colon is missing"],
        ["{ 'a': 1 }", 1, 3, "double quotes"],
        ['{ "é€": tru }', 1, 9, '"tru" is not a value'],
        ['{\n "a": [1, 2\n}', 3, 1, 'a "]" is missing before this "}"'],
        ['{\n "a": {\n  "b": 1\n', 3, 9, 'the "{" of line 2'],
        ['{ "a": "x\n", "b": 1 }', 1, 8, "closing quote"],
        ["{}\n}", 2, 1, "after the end"],
        ["{ /* x", 1, 3, "never closed"],
        ['{ "a": "\\q" }', 1, 8, "backslash"],
        ["[".repeat(100_000), 1, 101, "nested more than 100 levels"],
      ] as const) {
        const error = yield* Effect.flip(load(text))
        assert.strictEqual(error._tag, "ManifestSyntax", text)
        if (error._tag !== "ManifestSyntax") continue
        assert.deepStrictEqual([error.file, error.line, error.column], ["manifest.json", line, column], text)
        assert.include(error.detail, detail)
      }
    }),
  )

  it.live("may not be text, not be there, or be something else", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const file = join(root, "manifest.json")
      const missing = yield* Effect.flip(loadAt(root))
      assert.strictEqual(missing.message, `there is no manifest.json in ${root}`)
      yield* Effect.promise(() => writeFile(file, Buffer.from('{\n "a": "\xe9" }', "latin1")))
      const latin = yield* Effect.flip(loadAt(root))
      assert.include(latin.message, "manifest.json:2:8")
      assert.include(latin.message, "UTF-8")
      yield* Effect.promise(() => writeFile(file, Buffer.from("\uFEFF{}", "utf16le")))
      assert.include((yield* Effect.flip(loadAt(root))).message, "UTF-8")
      yield* Effect.promise(async () => {
        await rm(file)
        await mkdir(file)
      })
      assert.include((yield* Effect.flip(loadAt(root))).message, "EISDIR")
    }),
  )

  it.live("may be a list", () =>
    Effect.gen(function* () {
      for (const text of ["[]", "1", '"x"', "null"]) {
        const { problems, manifest } = yield* load(text)
        assert.deepStrictEqual(places(problems), ["1:1 InvalidField "])
        assert.strictEqual(manifest.connectors.size, 0)
      }
      assert.include((yield* load("null")).problems[0]?.message, "the manifest: must be an object, not null")
    }),
  )
})

describe("problems", () => {
  it.live("are all told at once, each at its place, and spare the neighbours", () =>
    Effect.gen(function* () {
      const { manifest, problems, warnings, connectorNames } = yield* load(`{
  "connectors": {
    "../../x": { "module": "connectors/x", "datasets": {} },
    "whoop": {
      "module": "../outside",
      "dataset": {},
      "datasets": { "recovery": "recovry", "sleep": "everything", "bad name": "rows", "twice": "rows" },
      "schedule": "banana",
      "timeout": 5
    },
    "sound": { "module": "connectors/sound", "datasets": { "out": "rows" } },
    "whoop2": { "datasets": { "out": "broken" } }
  },
  "datasets": {
    "rows": { "source": "data/rows.csv" },
    "recovery": { "source": "data/recovery.csv" },
    "everything": { "sql": "queries/everything.sql" },
    "broken": { "source": "data/broken.txt" }
  },
  "actions": { "add": { "dataset": "nothing", "mode": "upsert" } },
  "history": { "checkpoints": 0 }
}`)
      assert.deepStrictEqual(places(problems), [
        '3:5 InvalidName connectors["../../x"]',
        "5:17 InvalidPath connectors.whoop.module",
        "7:33 UnknownDataset connectors.whoop.datasets.recovery",
        "7:53 NotASource connectors.whoop.datasets.sleep",
        '7:67 InvalidName connectors.whoop.datasets["bad name"]',
        "7:96 DatasetShared connectors.whoop.datasets.twice",
        "8:19 InvalidSchedule connectors.whoop.schedule",
        "9:18 InvalidField connectors.whoop.timeout",
        "12:15 InvalidField connectors.whoop2.module",
        "18:27 InvalidField datasets.broken.source",
        "20:36 UnknownDataset actions.add.dataset",
        "20:55 InvalidField actions.add.mode",
        "21:31 InvalidField history.checkpoints",
      ])
      assert.deepStrictEqual(places(warnings), ["6:7 UnknownKey connectors.whoop.dataset"])
      assert.deepInclude(warnings[0], { key: "dataset", didYouMean: "datasets" })
      assert.deepInclude(problems[2], { dataset: "recovry", didYouMean: "recovery", file: "manifest.json" })
      assert.deepInclude(problems[5], { outputs: ["bad name", "twice"] })
      assert.deepStrictEqual(connectorNames, ["../../x", "whoop", "sound", "whoop2"])
      assert.deepStrictEqual([...manifest.connectors.keys()], ["sound"])
      assert.deepStrictEqual([...manifest.datasets.keys()], ["rows", "recovery", "everything"])
      assert.strictEqual(manifest.actions.size, 0)
      for (const problem of problems) assert.isAbove(problem.suggestion.length, 10)
    }),
  )

  it.live("of a dataset aren't told again at its connector, which is left out too", () =>
    Effect.gen(function* () {
      for (const dataset of [5, {}, { source: "a.csv", sql: "a.sql" }, { source: "../a.csv" }, { source: "" }]) {
        const { manifest, problems } = yield* load(withDataset(dataset))
        assert.lengthOf(problems, 1)
        assert.isTrue(problems[0]?.path.startsWith("datasets.rows"))
        assert.strictEqual(manifest.datasets.size + manifest.connectors.size, 0)
      }
      assert.deepStrictEqual(yield* problemsOf({ datasets: [], connectors: { whoop } }), ["InvalidField datasets"])
    }),
  )

  it.live("of names: hostile ones are only names", () =>
    Effect.gen(function* () {
      const names = ["__proto__", "../../x", "a.b", "", "-a", "x".repeat(101), "ü", "a b", ".env", "a\0"]
      const section = (value: string) => `{${names.map((name) => `${JSON.stringify(name)}: ${value}`).join(",")}}`
      const { manifest, problems, connectorNames } = yield* load(
        `{"connectors": ${section('{"module": "x", "datasets": {}}')}, "datasets": ${section('{"source": "a.csv"}')},
          "actions": ${section('{"dataset": "a", "mode": "insert"}')}}`,
      )
      assert.lengthOf(
        problems.filter(({ _tag }) => _tag === "InvalidName"),
        30,
      )
      assert.deepStrictEqual(connectorNames, names)
      assert.strictEqual(manifest.connectors.size + manifest.datasets.size + manifest.actions.size, 0)
    }),
  )

  it.live("of names: those of Object.prototype are as good as any", () =>
    Effect.gen(function* () {
      const { manifest, problems } = yield* load({
        datasets: { toString: { source: "a.csv" }, constructor: { source: "b.csv" } },
        connectors: {
          toString: { module: "x", datasets: { constructor: "toString" } },
          hasOwnProperty: { module: "x", datasets: { valueOf: "hasOwnProperty" } },
        },
      })
      assert.deepStrictEqual(brief(problems), ["UnknownDataset connectors.hasOwnProperty.datasets.valueOf"])
      assert.deepStrictEqual([...manifest.connectors.keys()], ["toString"])
      assert.deepStrictEqual([...manifest.datasets.keys()], ["toString", "constructor"])
      assert.deepStrictEqual(yield* problemsOf('{"datasets": {"rows": {"__proto__": 1, "source": "a.csv"}}}'), [])
      assert.lengthOf((yield* load('{"datasets": {"rows": {"__proto__": 1, "source": "a.csv"}}}')).warnings, 1)
    }),
  )

  it.live("of names that differ in case only", () =>
    Effect.gen(function* () {
      const connectors = { Whoop: whoop, whoop: { ...whoop } }
      assert.deepStrictEqual(yield* problemsOf({ datasets: { rows }, connectors }), ["InvalidField connectors.whoop"])
    }),
  )

  it.live("of keys written twice", () =>
    Effect.gen(function* () {
      const { manifest, problems } = yield* load(`{
  "datasets": { "rows": { "source": "a.csv" }, "rows": { "source": "b.csv" }, "ok": { "source": "c.csv" } },
  "connectors": {
    "a": { "module": "x", "datasets": { "out": "ok", "out": "ok" } },
    "b": { "module": "x", "datasets": { "out": "rows" } },
    "c": { "module": "x", "datasets": { "out": "ok" }, "config": { "deep": [{ "k": 1, "k": 2 }] } },
    "d": { "module": "x", "datasets": { "out": "ok" } }
  },
  "datasets": { "rows": { "source": "a.csv" }, "rows": { "source": "b.csv" }, "ok": { "source": "c.csv" } }
}`)
      assert.deepStrictEqual(places(problems), [
        "4:54 InvalidField connectors.a.datasets.out",
        "6:87 InvalidField connectors.c.config.deep.0.k",
        "9:3 InvalidField datasets",
        "9:48 InvalidField datasets.rows",
      ])
      assert.deepStrictEqual([...manifest.connectors.keys()], ["d"])
    }),
  )
})

describe("a dataset's fields", () => {
  it.live("are checked", () =>
    Effect.gen(function* () {
      for (const [dataset, expected] of [
        [{ source: "a.xlsx" }, "InvalidField datasets.rows.source"],
        [{ source: "csv" }, "InvalidField datasets.rows.source"],
        [{ source: "a.constructor" }, "InvalidField datasets.rows.source"],
        [{ source: 5 }, "InvalidField datasets.rows.source"],
        [{ source: ".env.csv" }, "InvalidPath datasets.rows.source"],
        [{ source: ".openislands/a.csv" }, "InvalidPath datasets.rows.source"],
        [{ source: "data\\a.csv" }, "InvalidPath datasets.rows.source"],
        [{ source: "manifest.json" }, "InvalidPath datasets.rows.source"],
        [{ source: "a.db" }, "InvalidField datasets.rows.table"],
        [{ source: "a.db", table: "" }, "InvalidField datasets.rows.table"],
        [{ source: "a.sqlite", table: "a\0" }, "InvalidField datasets.rows.table"],
        [{ source: "a.db", table: "SQLite_master" }, "InvalidField datasets.rows.table"],
        [{ source: "a.db", table: "_OpenIslands" }, "InvalidField datasets.rows.table"],
        [{ source: "a.csv", table: "t" }, "InvalidField datasets.rows.table"],
        [{ source: "a.csv", onDrift: "ignore" }, "InvalidField datasets.rows.onDrift"],
        [{ source: "a.csv", onEmpty: null }, "InvalidField datasets.rows.onEmpty"],
        [{ source: "a.csv", description: 5 }, "InvalidField datasets.rows.description"],
      ] as const) {
        assert.deepStrictEqual(yield* problemsOf(withDataset(dataset)), [expected], JSON.stringify(dataset))
      }
      for (const sql of ["SELECT 1", "../a.sql"]) {
        assert.lengthOf(yield* problemsOf({ datasets: { rows: { sql } } }), 1)
        assert.include(yield* problemsOf(withDataset({ sql })), "NotASource connectors.whoop.datasets.recovery")
      }
      assert.deepStrictEqual(yield* problemsOf({ datasets: { a: { sql: "a.sql", onEmpty: "keep" } } }), [
        "InvalidField datasets.a.onEmpty",
      ])
    }),
  )

  it.live("may not lead two datasets to one file or table", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "data/rows.csv": "a\n",
        "manifest.json": JSON.stringify({
          datasets: {
            rows: { source: "data/rows.csv" },
            linked: { source: "link/rows.csv" },
            upper: { source: "data/../data/Other.csv" },
            lower: { source: "data/other.csv" },
            one: { source: "a.db", table: "t" },
            two: { source: "a.db", table: "u" },
            three: { source: "./a.db", table: "T" },
            free: { source: "data/free.csv" },
          },
          connectors: { whoop },
        }),
      })
      yield* Effect.promise(() => symlink("data", join(root, "link")))
      const { manifest, problems } = yield* loadAt(root)
      assert.deepStrictEqual(
        problems.map((problem) => (problem._tag === "SourceShared" ? [problem.path, problem.datasets] : problem)),
        [
          ["datasets.linked.source", ["rows", "linked"]],
          ["datasets.lower.source", ["upper", "lower"]],
          ["datasets.three.source", ["one", "three"]],
        ],
      )
      assert.deepStrictEqual([...manifest.datasets.keys()], ["two", "free"])
      assert.strictEqual(manifest.connectors.size, 0)
    }),
  )
})

describe("a connector's fields", () => {
  it.live("are checked", () =>
    Effect.gen(function* () {
      for (const [fields, path] of [
        [{ module: undefined }, "module"],
        [{ module: null }, "module"],
        [{ module: "" }, "module"],
        [{ datasets: undefined }, "datasets"],
        [{ datasets: ["rows"] }, "datasets"],
        [{ datasets: { recovery: null } }, "datasets.recovery"],
        [{ description: [] }, "description"],
        [{ timeout: "0s" }, "timeout"],
        [{ timeout: "10 minutes" }, "timeout"],
        [{ timeout: "30d" }, "timeout"],
        [{ permissions: [] }, "permissions"],
        [{ permissions: { read: "data" } }, "permissions.read"],
        [{ permissions: { read: [5] } }, "permissions.read.0"],
        [{ permissions: { net: "a.com" } }, "permissions.net"],
      ] as const) {
        assert.deepStrictEqual(
          yield* problemsOf(withConnector({ ...whoop, ...fields })),
          [`InvalidField connectors.whoop.${path}`],
          JSON.stringify(fields),
        )
      }
      assert.deepStrictEqual(yield* problemsOf(withConnector("connectors/whoop")), ["InvalidField connectors.whoop"])
      assert.deepStrictEqual(yield* problemsOf({ connectors: [whoop] }), ["InvalidField connectors"])
      assert.deepStrictEqual(
        yield* problemsOf('{"connectors": {"a": {"module": "a", "datasets": {}, "config": {"n": -1e999}}}}'),
        ["InvalidField connectors.a.config.n"],
      )
    }),
  )

  it.live("warn of keys that nothing reads", () =>
    Effect.gen(function* () {
      const { problems, warnings } = yield* load({
        datasets: { rows: { ...rows, ondrift: "evolve" } },
        connectors: { whoop: { ...whoop, shedule: "6h", zzz: 1, permissions: { network: [] } } },
        actions: { add: { dataset: "rows", mode: "insert", fields: { a: { typ: "json" } } } },
        history: { checkpoint: 1 },
        serve: { port: 1 },
        other: { anything: 1 },
      })
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        warnings.map((warning) => [warning.path, "didYouMean" in warning && warning.didYouMean]),
        [
          ["datasets.rows.ondrift", "onDrift"],
          ["connectors.whoop.shedule", "schedule"],
          ["connectors.whoop.zzz", null],
          ["connectors.whoop.permissions.network", null],
          ["actions.add.fields.a.typ", "type"],
          ["history.checkpoint", "checkpoints"],
          ["serve.port", null],
        ],
      )
    }),
  )

  it.live("hold a schedule that makes sense", () =>
    Effect.gen(function* () {
      for (const schedule of ["30d", "90s", "0 */6 * * *", { cron: "0 6 * * 1", timeZone: "Europe/Berlin" }]) {
        assert.deepStrictEqual(yield* problemsOf(withConnector({ ...whoop, schedule })), [], JSON.stringify(schedule))
      }
      for (const schedule of [
        "banana",
        "-1h",
        5,
        "0s",
        "",
        null,
        [],
        {},
        "99 * * * *",
        { cron: "* * * * *", tz: "x" },
      ]) {
        const { problems } = yield* load(withConnector({ ...whoop, schedule }))
        assert.deepStrictEqual(brief(problems), ["InvalidSchedule connectors.whoop.schedule"], JSON.stringify(schedule))
        assert.deepInclude(problems[0], { connector: "whoop" })
      }
    }),
  )

  it.live("name hosts", () =>
    Effect.gen(function* () {
      const net = [
        "a.com",
        "*",
        "*.com",
        "a.*.com",
        "*a.com",
        "*.1.2.3.4",
        "me@a.com",
        "::1",
        "[::1",
        "a.com%2f",
        "https://a.com",
        "a.com/x",
        "a.com:0",
        "a.com:70000",
        "a b",
        "",
        "-a.com",
        "a..b",
      ]
      const { problems } = yield* load(withConnector({ ...whoop, permissions: { net } }))
      assert.deepStrictEqual(
        problems.map(({ path }) => path),
        net.slice(1).map((_, index) => `connectors.whoop.permissions.net.${index + 1}`),
      )
      const written = [
        "*.A.com",
        "a.com.",
        "BÜCHER.example:8080",
        "0x7f.1",
        "[0:0::1]:80",
        "localhost:80",
        "*.b.co:443",
      ]
      const hosts = (yield* load(withConnector({ ...whoop, permissions: { net: written } }))).manifest
      assert.deepStrictEqual(hosts.connectors.get("whoop")?.permissions.net, [
        "*.a.com",
        "a.com",
        "xn--bcher-kva.example:8080",
        "127.0.0.1",
        "[::1]:80",
        "localhost:80",
        "*.b.co:443",
      ])
      const { manifest } = yield* load(withConnector({ ...whoop, permissions: { net: [] } }))
      assert.deepStrictEqual(manifest.connectors.get("whoop")?.permissions.net, [])
    }),
  )
})

const readable = (read: ReadonlyArray<string>, links: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      "manifest.json": JSON.stringify(withConnector({ ...whoop, permissions: { read } })),
      "shared/a/b.txt": "x",
      "nested/app/.env.local": "KEY=x",
      "vault/key.txt": "KEY=x",
      "star/a*b/x": "",
      ".openislands/state/x.json": "{}",
    })
    yield* Effect.promise(async () => {
      for (const [name, target] of Object.entries(links)) await symlink(target, join(root, name))
    })
    const { manifest, problems } = yield* loadAt(root)
    const relative = manifest.connectors.get("whoop")?.permissions.read.map((path) => path.slice(root.length + 1))
    const suggestions = problems.map(({ suggestion }) => suggestion)
    return { problems: problems.map(({ message }) => message), suggestions, read: relative }
  })

describe("what a connector may read", () => {
  it.live("is given as real paths", () =>
    Effect.gen(function* () {
      const links = { alias: "shared/a", "shared/inner": "a", "shared/cycle": "..data", "..data": "shared/a" }
      const { problems, read } = yield* readable(["shared", "alias", "shared/a/b.txt", "./shared"], links)
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(read, ["shared", "shared/a", "shared/a/b.txt"])
      const loop = yield* readable(["shared"], { "shared/again": "../shared", "shared/.#lock": "me@host.1" })
      assert.deepInclude(loop, { problems: [], read: ["shared"] })
    }),
  )

  it.live("is neither a secret nor outside, by any way", () =>
    Effect.gen(function* () {
      for (const [path, links, detail] of [
        ["*", {}, "wildcard"],
        ["shared/?", {}, "wildcard"],
        [".", {}, "contains what a connector must not read"],
        ["shared/..", {}, "contains what a connector must not read"],
        ["..", {}, "outside"],
        ["/", {}, "outside"],
        [".env", {}, ".env"],
        [".openislands/state", {}, ".openislands"],
        ["nested", {}, "nested/app/.env.local"],
        ["nested/app/.env.local", {}, "contains what a connector must not read"],
        ["shared", { "shared/harmless": "../nested/app/.env.local" }, "contains what a connector must not read"],
        ["nowhere", {}, "does not exist"],
        ["dangling", { dangling: "shared/none" }, "does not exist"],
        ["out", { out: "/etc" }, "outside"],
        ["up", { up: "." }, "contains what a connector must not read"],
        ["glob", { glob: "star/a*b" }, "wildcard"],
        ["shared", { "shared/a/out": "/etc/hostname" }, "outside"],
        ["shared", { "shared/a/up": "../.." }, "contains what a connector must not read"],
        ["shared", { "shared/mine": "../.openislands" }, ".openislands"],
        ["shared", { "shared/hop": "../nested" }, ".env.local"],
        ["vault", { ".env": "vault/key.txt" }, "contains what a connector must not read"],
        ["vault/key.txt", { ".env": "vault/key.txt" }, "contains what a connector must not read"],
        ["", {}, "must not be empty"],
      ] as const) {
        const { problems, suggestions, read } = yield* readable([path], links)
        assert.lengthOf(problems, 1, path)
        const next = detail === "does not exist" ? "Make it, or correct the path at manifest.json:" : "Use a"
        if (path !== "") assert.include(suggestions[0], next)
        assert.include(problems[0], detail)
        assert.isUndefined(read)
      }
    }),
  )
})

describe("settings and actions", () => {
  it.live("history and serve are checked", () =>
    Effect.gen(function* () {
      for (const [settings, path] of [
        [{ history: 5 }, "history"],
        [{ history: { checkpoints: 1.5 } }, "history.checkpoints"],
        [{ history: { checkpoints: "5" } }, "history.checkpoints"],
        [{ history: { bytes: "much" } }, "history.bytes"],
        [{ history: { bytes: -1 } }, "history.bytes"],
        [{ history: { bytes: "0B" } }, "history.bytes"],
        [{ serve: { origin: "islands.example.com" } }, "serve.origin"],
        [{ serve: { origin: "ftp://a" } }, "serve.origin"],
        [{ serve: { origin: "https://a.com/path" } }, "serve.origin"],
        [{ serve: { origin: "https://me@a.com" } }, "serve.origin"],
        [{ serve: { origin: null } }, "serve.origin"],
      ] as const) {
        assert.deepStrictEqual(yield* problemsOf(settings), [`InvalidField ${path}`], JSON.stringify(settings))
      }
      assert.strictEqual((yield* load({ history: { bytes: 1000 } })).manifest.history.bytes, 1000)
    }),
  )

  it.live("actions write to a source, in one of four ways", () =>
    Effect.gen(function* () {
      const datasets = { rows, view: { sql: "view.sql" }, broken: {} }
      const { manifest, problems } = yield* load({
        datasets,
        actions: {
          noDataset: { mode: "insert" },
          noMode: { dataset: "rows" },
          view: { dataset: "view", mode: "update" },
          broken: { dataset: "broken", mode: "delete" },
          sound: { dataset: "rows", mode: "delete" },
        },
      })
      assert.deepStrictEqual(brief(problems), [
        "InvalidField datasets.broken",
        "InvalidField actions.noDataset.dataset",
        "InvalidField actions.noMode.mode",
        "NotASource actions.view.dataset",
      ])
      assert.deepStrictEqual([...manifest.actions.keys()], ["sound"])
    }),
  )

  it.live("fields are such that a row can fit", () =>
    Effect.gen(function* () {
      for (const [field, path] of [
        [5, ""],
        [{ type: "text" }, ".type"],
        [{ enum: [] }, ".enum"],
        [{ enum: "a" }, ".enum"],
        [{ enum: ["a", "a"] }, ".enum.1"],
        [{ enum: [{}] }, ".enum.0"],
        [{ type: "integer", enum: [1, 1.5] }, ".enum.1"],
        [{ type: "string", min: 1 }, ".min"],
        [{ type: "number", max: "9" }, ".max"],
        [{ min: true }, ".min"],
        [{ min: "abc" }, ".min"],
        [{ max: "2026-02-30" }, ".max"],
        [{ min: 1, max: "2026-02-01" }, ".max"],
        [{ type: "timestamp", min: "1940-01-01 00:00", max: "0050-01-01 00:00" }, ".max"],
        [{ min: 2, max: 1 }, ".max"],
        [{ type: "date", min: "2026-02-01", max: "2026-01-01" }, ".max"],
        [{ type: "date", min: "2026-02-30" }, ".min"],
        [{ type: "timestamp", default: "2026-01-01" }, ".default"],
        [{ type: "timestamp", min: "2026-01-01T12:00", max: "2026-01-01T12:30:00+02:00" }, ".max"],
        [{ type: "boolean", default: "yes" }, ".default"],
        [{ enum: ["a"], default: "b" }, ".default"],
        [{ min: 1, default: 0 }, ".default"],
        [{ max: 1, default: 2 }, ".default"],
        [{ description: 1 }, ".description"],
      ] as const) {
        const actions = { add: { dataset: "rows", mode: "insert", fields: { col: field } } }
        const { manifest, problems } = yield* load({ datasets: { rows }, actions })
        assert.deepStrictEqual(brief(problems), [`InvalidField actions.add.fields.col${path}`], JSON.stringify(field))
        assert.strictEqual(manifest.actions.size, 0)
      }
    }),
  )
})

describe("locate", () => {
  it.live("finds the place, or what is around it", () =>
    Effect.gen(function* () {
      const { locate } = yield* load(`{
  "connectors": {
    "whoop": { "module": "x", "datasets": {}, "config": { "days": [1, 2] } }
  }
}`)
      const at = (...path: ReadonlyArray<string | number>) => {
        const { file, line, column, path: dotted } = locate(path)
        return `${file}:${line}:${column} ${dotted}`
      }
      assert.strictEqual(
        at("connectors", "whoop", "config", "days", 1),
        "manifest.json:3:71 connectors.whoop.config.days.1",
      )
      assert.strictEqual(at("connectors", "whoop", "config", "gone"), "manifest.json:3:57 connectors.whoop.config.gone")
      assert.strictEqual(at("connectors", "a.b"), 'manifest.json:2:17 connectors["a.b"]')
      assert.strictEqual(at("history"), "manifest.json:1:1 history")
      assert.strictEqual(at(), "manifest.json:1:1 ")
    }),
  )
})
