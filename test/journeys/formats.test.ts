import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { everyFormat, fedManifest, fedProject, feed, formats, toAll } from "../fixtures/feeding.ts"
import { inBothForms } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  asked,
  bytesAndHistoryOf,
  bytesOf,
  contractAt,
  leftOverIn,
  nothingLeft,
  rollbackAt,
  syncAt,
  synced,
} from "../fixtures/syncing.ts"
import { contentOf, dumpOf, duckDb, sqlite, sqliteRun } from "../fixtures/tools.ts"

const visit = (id: number) => ({
  id,
  who: `"${id}", é`,
  paid: id % 2 === 0,
  at: "2026-03-29T01:30:00.250+02:00",
  on: "2026-03-29",
  cost: id + 0.5,
  tags: { n: [id] },
  note: null,
})

const id = (row: unknown) => Number((row as { readonly id: unknown }).id)

/** The ids in each format's file, as the tool that people open it with finds them. */
const idsIn = Effect.fnUntraced(function* (root: string) {
  const at = (file: string) => path.join(root, "data", file)
  const text = (file: string) => readFileSync(at(file), "utf8")
  return {
    csv: (yield* duckDb(`FROM read_csv('${at("visits.csv")}', header = true)`)).map(id),
    jsonl: text("visits.jsonl")
      .split("\n")
      .filter(Boolean)
      .map((line) => id(JSON.parse(line))),
    json: (JSON.parse(text("visits.json")) as ReadonlyArray<unknown>).map(id),
    table: sqlite(at("app.db"), "SELECT id FROM visits ORDER BY rowid").map(id),
    parquet: (yield* duckDb(`FROM '${at("visits.parquet")}'`)).map(id),
  } as Readonly<Record<string, ReadonlyArray<number>>>
})

const inEach = (ids: ReadonlyArray<number>): Readonly<Record<string, ReadonlyArray<number>>> =>
  Object.fromEntries(formats.map((format) => [format, ids]))

describe.concurrent("every format", () => {
  it.live("is inserted into, replaced, undone and redone as one, and read by the tools that people have", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      const states = [contentOf(root)]
      const ids: Array<string> = []
      const step = Effect.fnUntraced(function* (mode: "insert" | "replace", some: ReadonlyArray<number>) {
        feed(root, toAll(mode, some.map(visit)))
        const { run } = yield* synced(root)
        assert.deepEqual(
          run.datasets,
          Object.fromEntries(formats.map((format) => [format, { output: format, mode, rows: some.length }])),
        )
        ids.push(run.checkpoint_id!)
        states.push(contentOf(root))
      })
      yield* step("insert", [1, 2])
      assert.deepEqual(yield* idsIn(root), inEach([1, 2]))
      const again = yield* synced(root)
      assert.isNull(again.run.checkpoint_id)
      assert.deepEqual(contentOf(root), states[1])
      yield* step("insert", [3])
      assert.deepEqual(yield* idsIn(root), inEach([1, 2, 3]))
      yield* step("replace", [7, 8])
      assert.deepEqual(yield* idsIn(root), inEach([7, 8]))
      const redos: Array<string> = []
      for (const left of [2, 1, 0]) {
        const undo = yield* rollbackAt(root)
        assert.deepEqual(undo.undone, [ids[left]!])
        redos.push(undo.checkpoint_id)
        assert.deepEqual(contentOf(root), states[left])
      }
      assert.isFalse(existsSync(path.join(root, "data/app.db")))
      for (const [at, redo] of redos.toReversed().entries()) {
        assert.strictEqual((yield* rollbackAt(root, redo)).code, 0)
        assert.deepEqual(contentOf(root), states[at + 1])
      }
      assert.deepEqual(yield* idsIn(root), inEach([7, 8]))
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("keeps the types of a contract as its tools have them", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      feed(root, toAll("insert", [visit(1)]))
      yield* synced(root)
      const at = (file: string) => path.join(root, "data", file)
      assert.deepEqual((JSON.parse(readFileSync(at("visits.json"), "utf8")) as ReadonlyArray<unknown>)[0], visit(1))
      const columns = "SELECT *, typeof(paid) AS class FROM visits"
      assert.deepEqual(sqlite(at("app.db"), columns), [{ ...visit(1), paid: 0, tags: '{"n":[1]}', class: "integer" }])
      assert.deepEqual(
        sqlite(at("app.db"), "SELECT type FROM pragma_table_info('visits')").map(({ type }) => type),
        ["INTEGER", "TEXT", "BOOLEAN", "TEXT", "TEXT", "REAL", "JSON TEXT", ""],
      )
      const described = yield* duckDb(`DESCRIBE FROM '${at("visits.parquet")}'`)
      assert.deepEqual(
        described.map(({ column_type: type }) => type),
        ["BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", "DATE", "DOUBLE", "JSON", "VARCHAR"],
      )
      // An instant, whatever its zone was.
      const [{ ms } = { ms: null }] = yield* duckDb(`SELECT epoch_ms("at") AS ms FROM '${at("visits.parquet")}'`)
      assert.strictEqual(Number(ms), Date.parse(visit(1).at))
    }),
  )

  it.live("evolves with new and widened columns, and an undo takes them back", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      const rows = [{ id: 1, when: "2026-01-01", what: "a" }]
      feed(root, toAll("insert", rows))
      yield* synced(root)
      const before = contentOf(root)
      const changed = [{ id: 2.5, when: "2026-01-02T00:00:00Z", what: 7, extra: true }]
      feed(root, toAll("insert", changed))
      const refused = yield* syncAt(root)
      assert.deepEqual([refused.code, refused.errorTag], [1, "SchemaDrift"])
      assert.deepEqual(contentOf(root), before)

      const evolving = Object.entries(everyFormat).map(([name, one]) => [name, { ...one, onDrift: "evolve" }])
      writeFileSync(path.join(root, "manifest.json"), fedManifest(Object.fromEntries(evolving)))
      const { run } = yield* synced(root)
      // Text of a CSV takes whatever is written; elsewhere a mix keeps its kinds apart as JSON.
      assert.deepEqual(
        run.schemaChanges,
        formats.flatMap((dataset) => [
          { dataset, column: "id", change: "widened", from: "integer", to: "number" } as const,
          { dataset, column: "when", change: "widened", from: "date", to: "timestamp" } as const,
          {
            dataset,
            column: "what",
            change: "widened",
            from: "string",
            to: dataset === "csv" ? "string" : "json",
          } as Run["schemaChanges"][number],
          { dataset, column: "extra", change: "added", from: null, to: "boolean" } as const,
        ]),
      )
      assert.deepEqual(yield* idsIn(root), inEach([1, 2.5]))
      // What a page tells of a column that is no number any more, in each.
      const sums = formats.map((name) => `(SELECT sum(TRY_CAST(what AS DOUBLE)) FROM "${name}") AS "${name}"`)
      const { rows: summed } = yield* asked<{ readonly rows: ReadonlyArray<object> }>(
        ["query", `SELECT ${sums.join(", ")}`],
        { cwd: root },
      )
      assert.deepEqual(summed, [Object.fromEntries(formats.map((name) => [name, 7]))])
      const after = contentOf(root)
      const { checkpoint_id: undo } = yield* rollbackAt(root)
      assert.deepEqual(contentOf(root), before)
      yield* rollbackAt(root, undo)
      assert.deepEqual(contentOf(root), after)
    }),
  )

  it.live("does with a replace of no rows what onEmpty says", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      feed(root, toAll("insert", [visit(1), visit(2)]))
      yield* synced(root)
      const before = contentOf(root)
      const policy = (onEmpty: string) => {
        const datasets = Object.entries(everyFormat).map(([name, one]) => [name, { ...one, onEmpty }])
        writeFileSync(path.join(root, "manifest.json"), fedManifest(Object.fromEntries(datasets)))
      }
      const cursor = ".openislands/state/one.json"
      const data = () => ({ ...contentOf(root), [cursor]: null })

      policy("fail")
      feed(root, toAll("replace", []))
      const { code, errorTag } = yield* syncAt(root)
      assert.deepEqual([code, errorTag], [1, "EmptyReplace"])
      assert.deepEqual(contentOf(root), before)
      policy("keep")
      feed(root, toAll("replace", []))
      yield* synced(root)
      assert.deepEqual(data(), { ...before, [cursor]: null })
      policy("clear")
      feed(root, toAll("replace", []))
      yield* synced(root)
      assert.deepEqual(yield* idsIn(root), inEach([]))
      // Columns are kept, so that rows of another kind are still drift.
      feed(root, toAll("insert", [{ ...visit(3), cost: "free" }]))
      assert.strictEqual((yield* syncAt(root)).errorTag, "SchemaDrift")
      yield* rollbackAt(root)
      assert.deepEqual(data(), { ...before, [cursor]: null })
    }),
  )
})

describe.concurrent("a file of the user's", () => {
  it.live("JSON in their own layout, Parquet of their own types: synced into, then exactly as before", () =>
    Effect.gen(function* () {
      const datasets = { json: everyFormat.json, parquet: everyFormat.parquet }
      const mine = [
        { id: 1, who: "me", tags: [1, { a: "]" }] },
        { id: 2, who: "you", tags: [] },
      ]
      const pretty = `${JSON.stringify(mine, null, 4)}\r\n\r\n`
      const root = yield* temporaryProject({ ...fedProject(datasets), "data/visits.json": pretty })
      const parquet = path.join(root, "data/visits.parquet")
      yield* duckDb(
        `COPY (SELECT 1::UTINYINT AS id, 'me' AS who, TIMESTAMP '2026-01-01 12:00:00' AS at) TO '${parquet}' (COMPRESSION snappy)`,
      )
      const before = contentOf(root)
      feed(root, [
        ["json", "insert", [{ id: 3, who: "ours", tags: { b: null } }]],
        ["parquet", "insert", [{ id: 300, who: "ours", at: "2026-01-02T00:00:00Z" }]],
      ])
      yield* synced(root)
      const json = readFileSync(path.join(root, "data/visits.json"), "utf8")
      assert.deepEqual(JSON.parse(json), [...mine, { id: 3, who: "ours", tags: { b: null } }])
      assert.isTrue(json.startsWith(pretty.slice(0, pretty.lastIndexOf("}") + 1)) && json.endsWith("\n]\r\n\r\n"))
      assert.deepEqual(yield* duckDb(`SELECT id, who, epoch_ms("at") // 1000 AS seconds FROM '${parquet}'`), [
        { id: "1", who: "me", seconds: String(Date.UTC(2026, 0, 1, 12) / 1000) },
        { id: "300", who: "ours", seconds: String(Date.UTC(2026, 0, 2) / 1000) },
      ])
      yield* rollbackAt(root)
      assert.deepEqual(contentOf(root), before)
    }),
  )

  it.live("a database with a life of its own: our rows come and go, and nothing else of it changes", () =>
    Effect.gen(function* () {
      const tables = ["visits", "loose", "pairs", "counted"]
      const datasets = Object.fromEntries(tables.map((table) => [table, { source: "data/app.db", table }]))
      const root = yield* temporaryProject(fedProject(datasets))
      const file = path.join(root, "data/app.db")
      mkdirSync(path.dirname(file))
      sqliteRun(
        file,
        `PRAGMA journal_mode = WAL; PRAGMA user_version = 42;
        CREATE TABLE visits (id INTEGER PRIMARY KEY, who TEXT NOT NULL UNIQUE, who_lower TEXT DEFAULT '-');
        CREATE INDEX by_lower ON visits (who_lower);
        CREATE TRIGGER lower AFTER INSERT ON visits BEGIN
          UPDATE visits SET who_lower = lower(NEW.who) WHERE id = NEW.id;
        END;
        CREATE VIEW names AS SELECT who FROM visits;
        CREATE TABLE loose (a, b);
        CREATE TABLE pairs (a TEXT, b INTEGER, c REAL, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
        CREATE TABLE others (x BLOB, y REFERENCES visits (id) ON DELETE CASCADE);
        INSERT INTO visits (id, who) VALUES (5, 'Me'), (9, 'You');
        INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, x'00ff');
        INSERT INTO pairs VALUES ('b', 1, 0.5), ('a', 2, 1.5);
        INSERT INTO counted (n) VALUES (1), (2);
        INSERT INTO others VALUES (x'0102', 5), (-0.0, 9);`,
      )
      const dumps = [dumpOf(file)]
      feed(root, [
        [
          "visits",
          "insert",
          [
            { id: 1, who: "OURS", who_lower: "?" },
            { id: 10, who: "TOO", who_lower: "?" },
          ],
        ],
        ["loose", "insert", [{ a: 1, b: "x" }]],
        ["pairs", "insert", [{ a: "a", b: 1, c: 9 }]],
        ["counted", "insert", [{ n: 3 }]],
      ])
      yield* synced(root)
      dumps.push(dumpOf(file))
      // Triggers do their work.
      assert.deepEqual(
        sqlite(file, "SELECT who_lower AS name FROM visits ORDER BY id").map(({ name }) => name),
        ["ours", "me", "you", "too"],
      )
      assert.lengthOf(sqlite(file, "SELECT * FROM loose"), 4)
      feed(root, [
        ["visits", "replace", [{ id: 5, who: "New", who_lower: "?" }]],
        ["pairs", "replace", [{ a: "z", b: 0, c: 1 }]],
      ])
      yield* synced(root)
      dumps.push(dumpOf(file))
      assert.deepEqual(sqlite(file, "SELECT who FROM names"), [{ who: "New" }])
      assert.lengthOf(sqlite(file, "SELECT * FROM others"), 2)
      const undos: Array<string> = []
      for (const left of [1, 0]) {
        undos.push((yield* rollbackAt(root)).checkpoint_id)
        assert.strictEqual(dumpOf(file), dumps[left])
      }
      assert.deepEqual(sqlite(file, "SELECT seq FROM sqlite_sequence WHERE name = 'counted'"), [{ seq: 3 }])
      for (const [at, undo] of undos.toReversed().entries()) {
        assert.strictEqual((yield* rollbackAt(root, undo)).code, 0)
        assert.strictEqual(dumpOf(file), dumps[at + 1])
      }
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("that is none of its format is refused with what is wrong, by sync and contract, and left alone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      const at = (file: string) => path.join(root, "data", file)
      mkdirSync(at(""))
      for (const [format, make, message] of [
        ["json", () => writeFileSync(at("visits.json"), '[\n{"id":1},\n5]\n'), /data\/visits\.json:3 .*an object/],
        [
          "parquet",
          () => writeFileSync(at("visits.parquet"), "id,name\n1,a\n"),
          /data\/visits\.parquet .* cannot be read: ./,
        ],
        ["table", () => writeFileSync(at("app.db"), "id,name\n1,a\n"), /data\/app\.db .*not a database/],
        [
          "table",
          () => {
            rmSync(at("app.db"))
            sqliteRun(at("app.db"), "CREATE VIEW visits AS SELECT 1 AS id")
          },
          /"visits" is a view/,
        ],
      ] as const) {
        make()
        writeFileSync(path.join(root, "manifest.json"), fedManifest({ [format]: everyFormat[format] }))
        const before = bytesOf(root)
        feed(root, [[format, "insert", [{ id: 2 }]]])
        const { code, run } = yield* syncAt(root)
        const shown = yield* contractAt(root, format)
        assert.deepEqual([code, shown.code], [1, 1])
        for (const error of [run.error as unknown as ErrorDocument, shown.error!]) {
          assert.deepInclude(error, { _tag: "DatasetMalformed", dataset: format })
          assert.match(error.message, message)
          assert.isNotEmpty(error.suggestion)
        }
        assert.deepEqual(bytesOf(root), before)
      }
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("a row that a table refuses is named with its column, and nothing is written anywhere", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject(everyFormat))
      const file = path.join(root, "data/app.db")
      mkdirSync(path.dirname(file))
      sqliteRun(file, "CREATE TABLE visits (id INTEGER, who TEXT UNIQUE); INSERT INTO visits VALUES (1, 'me')")
      const before = bytesAndHistoryOf(root)
      feed(
        root,
        toAll("insert", [
          { id: 2, who: "you" },
          { id: 3, who: "me" },
        ]),
      )
      const { code, run } = yield* syncAt(root)
      assert.strictEqual(code, 1)
      assert.deepInclude(run.error as object, {
        _tag: "RowRefused",
        dataset: "table",
        output: "table",
        row: 1,
        column: "who",
      })
      const { human } = yield* inBothForms(["sync"], { cwd: root })
      assert.include(human, 'refuses row 2 of output "table", column "who": UNIQUE constraint failed: visits.who')
      assert.deepEqual(bytesAndHistoryOf(root), before)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("a database that another program holds is waited for, not for ever, and the error says so", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(fedProject({ table: everyFormat.table, csv: everyFormat.csv }))
      feed(root, [
        ["table", "insert", [{ id: 1 }]],
        ["csv", "insert", [{ id: 1 }]],
      ])
      yield* synced(root)
      const before = contentOf(root)
      feed(root, [
        ["table", "insert", [{ id: 2 }]],
        ["csv", "insert", [{ id: 2 }]],
      ])
      yield* heldExclusively(path.join(root, "data/app.db")).pipe(
        Effect.andThen(syncAt(root)),
        Effect.tap(({ code, run }) =>
          Effect.sync(() => {
            assert.strictEqual(code, 1)
            const error = run.error as unknown as ErrorDocument
            assert.strictEqual(error._tag, "StoreFailed")
            assert.match(error.message, /app\.db \(it is locked by another program\)/)
            assert.match(error.suggestion!, /[Cc]lose/)
          }),
        ),
        Effect.scoped,
      )
      assert.deepEqual(contentOf(root), before)
      yield* synced(root)
      assert.lengthOf(sqlite(path.join(root, "data/app.db"), "SELECT * FROM visits"), 2)
    }),
  )
})

/** Another process has the database to itself, as long as the scope. */
const heldExclusively = (file: string) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof spawn>>((resume) => {
      const script = `const { DatabaseSync } = require("node:sqlite")
        const db = new DatabaseSync(process.argv[1])
        db.exec("BEGIN EXCLUSIVE")
        process.stdout.write("held")
        setInterval(() => db.isOpen, 1e6)`
      const holder = spawn(process.execPath, ["-e", script, file], { stdio: ["ignore", "pipe", "inherit"] })
      holder.stdout.once("data", () => resume(Effect.succeed(holder)))
    }),
    (holder) =>
      Effect.promise(
        () =>
          new Promise((done) => {
            holder.once("close", done)
            holder.kill("SIGKILL")
          }),
      ),
  )
