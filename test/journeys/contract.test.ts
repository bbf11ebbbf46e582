import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { everyFormat, feed, fedManifest, fedProject, formats, toAll } from "../fixtures/feeding.ts"
import { inBothForms } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { contractAt, historyAt, rollbackAt, syncAt, synced } from "../fixtures/syncing.ts"
import { contentOf, sqlite, sqliteRun } from "../fixtures/tools.ts"

const rows = { rows: { source: "data/rows.csv" } }
const column = (name: string, type: string, optional = false, mixed = false) => ({ name, type, optional, mixed })
const refused = (answer: { readonly code: number | null; readonly error?: ErrorDocument }) => [
  answer.code,
  answer.error?._tag,
]

describe.concurrent("contract", () => {
  it.live("shows the columns, settles some anew, and the undo of that brings the types back", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(rows))
      assert.deepEqual(yield* contractAt(root, "rows"), { code: 0, dataset: "rows", columns: [], checkpoint_id: null })
      feed(root, [
        [
          "rows",
          "insert",
          [
            { id: 1, what: "a", none: null },
            { id: null, what: 2, none: null },
          ],
        ],
      ])
      yield* synced(root)
      const before = contentOf(root)
      const shown = yield* contractAt(root, "rows")
      const columns = [
        column("id", "integer", true),
        column("what", "string", false, true),
        column("none", "unknown", true),
      ]
      assert.deepEqual(shown, { code: 0, dataset: "rows", columns, checkpoint_id: null })
      const { human } = yield* inBothForms(["contract", "rows"], { cwd: root })
      assert.strictEqual(
        human,
        "id    integer, may be null\nwhat  string, takes any type\nnone  unknown, only null so far\n",
      )
      const settled = yield* contractAt(root, "rows", "--settle", "id=string", "--settle", "none=json")
      const now = [column("id", "string", true), column("what", "string", false, true), column("none", "json", true)]
      assert.deepEqual(settled.columns, now)
      assert.match(settled.checkpoint_id!, /^00000002-/)
      // It is like that already.
      const again = yield* contractAt(root, "rows", "--settle", "id=string")
      assert.deepEqual([again.code, again.checkpoint_id], [0, null])
      const [newest] = yield* historyAt(root)
      assert.deepEqual(newest?.datasets, { rows: { mode: "settle", rows: 0 } })
      assert.strictEqual(newest?.checkpoint_id, settled.checkpoint_id)

      // Texts may come now that no integer takes; an integer is none.
      const data = () => readFileSync(path.join(root, "data/rows.csv"), "utf8")
      feed(root, [["rows", "insert", [{ id: 3, what: "b", none: { a: 1 } }]]])
      assert.strictEqual((yield* syncAt(root)).errorTag, "SchemaDrift")
      feed(root, [["rows", "insert", [{ id: "003", what: "b", none: { a: 1 } }]]])
      yield* synced(root)
      assert.strictEqual(data(), 'id,what,none\n1,a,\n,2,\n003,b,"{""a"":1}"\n')
      yield* rollbackAt(root)
      assert.strictEqual((yield* rollbackAt(root)).undone[0], settled.checkpoint_id)
      assert.deepEqual(contentOf(root), before)
      const { human: history } = yield* inBothForms(["history"], { cwd: root })
      assert.match(history, /rows settle {2}\(undone by /)
      assert.notInclude(history, "0 rows")
    }),
  )

  it.live("the way back is offered as well, where all that is there fits it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(rows))
      const bring = (row: object) => feed(root, [["rows", "insert", [row]]])
      bring({ id: 1, cents: 100 })
      yield* synced(root)
      yield* contractAt(root, "rows", "--settle", "cents=string")
      bring({ id: 2, cents: 200 })
      const { run } = yield* syncAt(root)
      assert.deepInclude(run.error, { _tag: "SchemaDrift", settleable: [{ column: "cents", type: "integer" }] })
      assert.match(JSON.stringify(run.error), /queries see it .*openislands contract rows --settle cents=integer/)
      yield* contractAt(root, "rows", "--settle", "cents=integer")
      yield* synced(root)

      // A cell that is none bars the way.
      yield* contractAt(root, "rows", "--settle", "cents=string")
      bring({ id: 3, cents: "a lot" })
      yield* synced(root)
      bring({ id: 4, cents: 400 })
      assert.deepInclude((yield* syncAt(root)).run.error, { _tag: "SchemaDrift", settleable: [] })
    }),
  )

  it.live("refuses a type that some row doesn't fit, and names the row; in every format", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      feed(
        root,
        toAll("insert", [
          { id: 1, text: "2026-01-01" },
          { id: 2, text: "soon" },
        ]),
      )
      yield* synced(root)
      const before = contentOf(root)
      for (const format of formats) {
        const answer = yield* contractAt(root, format, "--settle", "text=date")
        assert.deepEqual(refused(answer), [1, "CannotSettle"], format)
        assert.deepInclude(answer.error, { dataset: format, column: "text" })
        // Parquet has one type for all of a column's rows.
        const place = { table: "row 2 (counted from 1)", csv: "line 3", jsonl: "line 2", json: "line 3", parquet: "" }[
          format
        ]
        if (format !== "parquet") assert.include(answer.error!.message, `: ${place} should be date, it is "soon"`)
        assert.match(answer.error!.suggestion!, /Nothing was changed\./)
      }
      assert.deepEqual(contentOf(root), before)
    }),
  )

  it.live("of what the user brought: shown without a checkpoint, settled before the first sync", () =>
    Effect.gen(function* () {
      const datasets = { ...rows, table: everyFormat.table }
      const root = yield* temporaryProject({ ...fedProject(datasets), "data/rows.csv": "zip\n12345\n67890\n" })
      sqliteRun(
        path.join(root, "data/app.db"),
        "CREATE TABLE visits (id INTEGER, day TEXT); INSERT INTO visits VALUES (1, '2026-01-01')",
      )
      assert.deepEqual((yield* contractAt(root, "rows")).columns, [column("zip", "integer")])
      assert.deepEqual((yield* contractAt(root, "table")).columns, [column("id", "integer"), column("day", "date")])
      assert.deepEqual(yield* historyAt(root), [])
      yield* contractAt(root, "rows", "--settle", "zip=string")
      yield* contractAt(root, "table", "--settle", "day=string")
      feed(root, [
        ["rows", "insert", [{ zip: "01234" }]],
        ["table", "insert", [{ id: 2, day: "some day" }]],
      ])
      yield* synced(root)
      assert.strictEqual(readFileSync(path.join(root, "data/rows.csv"), "utf8"), "zip\n12345\n67890\n01234\n")
      assert.lengthOf(sqlite(path.join(root, "data/app.db"), "SELECT * FROM visits WHERE day = 'some day'"), 1)
    }),
  )

  it.live("names what there is not: a dataset, a column, a type", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(rows))
      writeFileSync(
        path.join(root, "manifest.json"),
        fedManifest({ ...rows, week: { sql: "sql/week.sql" }, broken: { source: "data/x.docx" } }),
      )
      mkdirSync(path.join(root, "sql"))
      writeFileSync(path.join(root, "sql/week.sql"), "SELECT 1")
      mkdirSync(path.join(root, "data"))
      writeFileSync(path.join(root, "data/rows.csv"), "id,name\n1,a\n")
      for (const [dataset, reason, message] of [
        ["row", "unknown", /no dataset is named "row"\. Did you mean "rows"\?/],
        ["week", "sql", /is a sql dataset/],
        ["broken", "broken", /not declared as it should be/],
      ] as const) {
        const answer = yield* contractAt(root, dataset)
        assert.deepEqual(refused(answer), [1, "DatasetNotFound"])
        assert.strictEqual(answer.error?.["reason"], reason)
        assert.match(answer.error?.message ?? "", message)
      }
      const unknown = yield* contractAt(root, "rows", "--settle", "nam=string")
      assert.deepEqual(refused(unknown), [1, "CannotSettle"])
      assert.match(unknown.error!.suggestion!, /Did you mean "name"\? Its columns: id, name\./)
      for (const [args, message] of [
        [["rows", "--settle", "id=text"], /--settle id=text: there is no type "text"/],
        [["rows", "--settle", "id"], /--settle takes column=type, not "id"/],
        [["rows", "--settle", "=string"], /--settle takes column=type, not "=string"/],
        [[], /which dataset\?/],
        [["rows", "more"], /unexpected argument: more/],
      ] as const) {
        const answer = yield* contractAt(root, ...args)
        assert.deepEqual(refused(answer), [2, "UsageError"], args.join(" "))
        assert.match(answer.error?.message ?? "", message)
      }
      assert.deepEqual(yield* historyAt(root), [])
    }),
  )
})
