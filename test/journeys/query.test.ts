import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Answer, DatasetDescription } from "../../src/services/QueryService.ts"
import { openislands } from "../fixtures/cli.ts"
import { feed, fedProject } from "../fixtures/feeding.ts"
import { assertErrors, inBothForms, placeOf, validate } from "../fixtures/journey.ts"
import { processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { synced } from "../fixtures/syncing.ts"

const queried = (root: string, ...args: ReadonlyArray<string>) =>
  inBothForms<Answer & { readonly error?: ErrorDocument }>(["query", ...args], { cwd: root })

describe.concurrent("query", () => {
  it.live("answers for people and for programs, of now and of a checkpoint", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject({ rows: { source: "data/rows.csv" } }))
      feed(root, [["rows", "insert", [{ id: 1, name: "a\nb" }]]])
      yield* synced(root)
      feed(root, [["rows", "insert", [{ id: 20, name: null }]]])
      yield* synced(root)
      const sql = "SELECT id, name FROM rows ORDER BY id / 1"
      const { code, document, human } = yield* queried(root, sql)
      assert.strictEqual(code, 0)
      assert.deepEqual(document, {
        columns: [
          { name: "id", type: "integer" },
          { name: "name", type: "string" },
        ],
        rows: [
          { id: 1, name: "a\nb" },
          { id: 20, name: null },
        ],
        truncated: false,
      })
      assert.strictEqual(human, ["id  name", "--  ----", " 1  a\\nb", "20  null", "2 rows", ""].join("\n"))

      const history = yield* inBothForms<{ checkpoints: ReadonlyArray<{ checkpoint_id: string }> }>(["history"], {
        cwd: root,
      })
      const first = history.document.checkpoints.at(-1)!.checkpoint_id
      assert.lengthOf((yield* queried(root, sql, "--at", first)).document.rows, 1)
      const one = yield* queried(root, ".", sql, "--limit", "1")
      assert.isTrue(one.document.truncated)
      assert.include(one.human, "1 row; there are more, which --limit brings")
      assert.deepEqual(
        readdirSync(path.join(root, ".openislands/cache")).filter((name) => name.startsWith("query-")),
        [],
      )
    }),
  )

  it.live("of a dataset that nothing has written to yet: names what does", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify({
          datasets: { notes: { source: "data/notes.csv" } },
          actions: {
            note: { dataset: "notes", mode: "insert", fields: { text: { type: "string" } } },
            forget: { dataset: "notes", mode: "delete" },
          },
        }),
      })
      const { error } = (yield* queried(root, "FROM notes")).document
      assert.deepInclude(error, { _tag: "DatasetUnsettled", connectors: [], actions: ["note"] })
      assert.strictEqual(error?.suggestion, 'Give it rows with the action "note".')
    }),
  )

  it.live("takes the SQL from a file and from stdin", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": '{ "datasets": { "r": { "source": "r.csv" } } }',
        "r.csv": "id,v\n1,x\n",
        "q.sql": "\uFEFFSELECT v\nFROM r;\n",
      })
      assert.deepEqual((yield* queried(root, "-f", "q.sql")).document.rows, [{ v: "x" }])
      for (const args of [["-"], ["--file", "-"], [".", "-"]]) {
        const options = { cwd: root, input: "SELECT 7 AS n", encoding: "utf8" } as const
        const printed = execFileSync(process.execPath, [inject("cli"), "query", ...args, "--json"], options)
        assert.deepEqual((JSON.parse(printed) as Answer).rows, [{ n: 7 }])
      }
      const missing = yield* queried(root, "-f", "none.sql")
      assert.deepEqual([missing.code, missing.document.error?._tag], [2, "UsageError"])
      const none = yield* openislands(["query"], { cwd: root })
      assert.strictEqual(none.code, 2)
    }),
  )

  it.live("fails by name, with the next step", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": '{ "datasets": { "r": { "source": "r.csv" }, "broken": { "source": 1 } } }',
        "r.csv": "id,v\n1,x\n",
      })
      const failures = [
        ["SELECT vv FROM r", "QueryFailed"],
        ["SELECT * FROM rr", "DatasetNotFound"],
        ["SELECT * FROM broken", "DatasetNotFound"],
        ["SELECT * FROM '/etc/passwd'", "DatasetNotFound"],
        ["DROP TABLE r", "QueryRefused"],
      ] as const
      for (const [sql, tag] of failures) {
        const { code, document, human } = yield* queried(root, sql)
        assert.deepEqual([code, document.error?._tag], [1, tag], sql)
        assert.include(human, document.error!.suggestion!)
      }
    }),
  )
})

const until = (holds: () => boolean) =>
  Effect.sync(holds).pipe(Effect.repeat({ until: (held) => held, schedule: Schedule.spaced("20 millis") }))

it.live("a query whose program is killed is gone with it, and what it set aside goes with the next", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const cache = path.join(root, ".openislands/cache")
    const scratch = () => (existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith("query-")) : [])
    const workers = () => scratch().flatMap((name) => processesIn(path.join(cache, name)))
    const kills: Array<(signal: NodeJS.Signals) => void> = []
    const endless = "SELECT count(*) FROM range(100000000) a, range(1000000) b"
    const options = { cwd: root, onStart: (kill: (typeof kills)[number]) => void kills.push(kill) }
    const running = yield* Effect.forkChild(openislands(["query", endless], options))
    yield* until(() => process.platform !== "linux" || workers().length > 0)
    yield* until(() => scratch().length > 0)
    kills[0]!("SIGKILL")
    yield* Fiber.join(running)
    yield* until(() => workers().length === 0)
    assert.lengthOf(scratch(), 1)
    assert.strictEqual((yield* openislands(["query", "SELECT 1"], { cwd: root })).code, 0)
    assert.deepEqual(scratch(), [])
  }),
)

it.live("datasets lists what there is, what writes to it and what is wrong", () =>
  Effect.gen(function* () {
    const project = fedProject({ rows: { source: "data/rows.csv" } })
    const manifest = JSON.parse(project["manifest.json"]!) as { datasets: object }
    Object.assign(manifest.datasets, { sums: { sql: "sums.sql", description: "Sums" }, lost: { sql: "lost.sql" } })
    const root = yield* temporaryProject({
      ...project,
      "manifest.json": JSON.stringify(manifest),
      "sums.sql": "SELECT sum(id) AS s FROM rows",
    })
    const { document, human } = yield* inBothForms<{ readonly datasets: ReadonlyArray<DatasetDescription> }>(
      ["datasets"],
      { cwd: root },
    )
    const [rows, sums, lost] = document.datasets
    assert.deepInclude(rows, { name: "rows", kind: "source", source: "data/rows.csv", format: "csv", exists: false })
    assert.deepInclude(rows, { rows: 0, columns: null, error: null })
    assert.lengthOf(rows!.outputs, 1)
    assert.deepInclude(sums, { name: "sums", kind: "sql", sql: "sums.sql", exists: true, description: "Sums" })
    assert.strictEqual(lost!.error?._tag, "SqlUnreadable")
    assert.include(human, "the query in sums.sql")

    feed(root, [["rows", "insert", [{ id: 1 }, { id: 2 }]]])
    yield* synced(root)
    const again = yield* inBothForms<typeof document>(["datasets"], { cwd: root })
    assert.deepEqual(
      again.document.datasets.map(({ rows, columns }) => [rows, columns]),
      [
        [null, [{ name: "id", type: "integer", optional: false }]],
        [null, [{ name: "s", type: "integer", optional: true }]],
        [null, null],
      ],
    )
  }),
)

it.live("validate names what is wrong with sql datasets, in their own files", () =>
  Effect.gen(function* () {
    const manifest = `{ "datasets": {
      "r": { "source": "r.csv" },
      "x": { "sql": "x.sql" }, "y": { "sql": "y.sql" },
      "typo": { "sql": "typo.sql" },
      "gone": { "sql": "gone.sql" }
    } }`
    const root = yield* temporaryProject({
      "manifest.json": manifest,
      "r.csv": "id,v\n1,x\n",
      "x.sql": "SELECT * FROM y",
      "y.sql": "SELECT * FROM x",
      "typo.sql": "SELECT\n  vv\nFROM r",
    })
    const inManifest = { file: "manifest.json" }
    const answer = yield* validate(root)
    assert.match(answer.human, /^\d errors in manifest\.json and typo\.sql$/m)
    assertErrors(answer, [
      {
        _tag: "SqlCycle",
        ...inManifest,
        path: "datasets.x.sql",
        ...placeOf(manifest, '"x.sql"'),
        message: /x -> y -> x/,
      },
      { _tag: "SqlInvalid", file: "typo.sql", path: "datasets.typo.sql", line: 2, column: 3, message: /"vv"/ },
      { _tag: "SqlUnreadable", ...inManifest, path: "datasets.gone.sql", ...placeOf(manifest, '"gone.sql"') },
    ])
  }),
)
