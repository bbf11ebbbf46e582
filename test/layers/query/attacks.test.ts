import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { answer } from "../../../src/layers/query/answer.ts"
import { Engine } from "../../../src/layers/query/Engine.ts"
import type { Parsed } from "../../../src/layers/query/protocol.ts"
import { startWorker } from "../../../src/layers/query/worker.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"

const files = {
  "manifest.json": manifestOf({ r: { source: "data/r.csv" } }),
  "data/r.csv": "id,v\n1,a\n2,b\n",
  "data/other.csv": "id,v\n3,secret\n",
  ".env": "KEY=secret\n",
  ".openislands/connectors/c.json": '{"accessToken": "secret"}',
}

/** `works`: without the lock it does what it is meant to do; null where DuckDB has no such thing at all. */
interface Attack {
  readonly sql: (root: string) => string
  /** In what it says; null: it is a SELECT of what is no dataset. */
  readonly refused: RegExp | null
  readonly works: "without the lock" | null
}
const attack = (
  sql: string | ((root: string) => string),
  refused: RegExp | null,
  works: Attack["works"] = "without the lock",
): Attack => ({ sql: typeof sql === "string" ? () => sql : sql, refused, works })

const noSelect = /no SELECT/
const noDataset = null
const reads = (name: string) => new RegExp(`may not read from ${name}\\(\\)`)

/** Those that the parser's tree already refuses, and that the lock would refuse by itself. */
const reaching: Readonly<Record<string, Attack>> = {
  "COPY to a file": attack((root) => `COPY (SELECT 1) TO '${root}/out.csv'`, noSelect),
  "COPY from a file": attack(
    "CREATE TEMP TABLE t (line VARCHAR); COPY t FROM '/etc/passwd' (DELIM '|', QUOTE '')",
    noSelect,
  ),
  "ATTACH a file": attack((root) => `ATTACH '${root}/other.duckdb'`, noSelect),
  "EXPORT DATABASE": attack((root) => `EXPORT DATABASE '${root}/export'`, noSelect),
  read_csv: attack("SELECT * FROM read_csv('/etc/passwd', delim = ':')", reads("read_csv")),
  read_text: attack("SELECT * FROM read_text('/etc/passwd')", reads("read_text")),
  read_blob: attack("SELECT * FROM read_blob('/etc/passwd')", reads("read_blob")),
  read_json: attack((root) => `SELECT * FROM read_json('${root}/manifest.json')`, reads("read_json")),
  glob: attack("SELECT * FROM glob('/etc/*')", reads("glob")),
  sniff_csv: attack("SELECT * FROM sniff_csv('/etc/passwd')", reads("sniff_csv")),
  "read_text in a subquery": attack("SELECT (SELECT content FROM read_text('/etc/passwd'))", reads("read_text")),
  "read_text in a CTE": attack(
    "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    reads("read_text"),
  ),
  "read_text in a CTE within another": attack(
    "WITH x AS (WITH y AS (SELECT * FROM read_text('/etc/passwd')) FROM y) SELECT * FROM x",
    reads("read_text"),
  ),
  "read_text in a recursion": attack(
    "WITH RECURSIVE x AS (SELECT content FROM read_text('/etc/passwd') UNION SELECT * FROM x) SELECT * FROM x",
    reads("read_text"),
  ),
  "read_text in the second half of a UNION": attack(
    "SELECT 'x' UNION ALL SELECT content FROM read_text('/etc/passwd')",
    reads("read_text"),
  ),
  "read_text in WHERE": attack("SELECT 1 WHERE EXISTS (SELECT * FROM read_text('/etc/passwd'))", reads("read_text")),
  "read_text in ORDER BY": attack(
    "SELECT 1 ORDER BY (SELECT content FROM read_text('/etc/passwd'))",
    reads("read_text"),
  ),
  "read_text in LIMIT": attack(
    "SELECT 1 LIMIT (SELECT length(content) FROM read_text('/etc/passwd'))",
    reads("read_text"),
  ),
  "read_text in a lateral join": attack(
    "SELECT * FROM range(1) r, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
    reads("read_text"),
  ),
  "read_text in a pivot": attack(
    "FROM (PIVOT_WIDER (SELECT size, content FROM read_text('/etc/passwd')) ON size IN (1) USING first(content))",
    reads("read_text"),
  ),
  "read_text by other letters": attack("SELECT * FROM \"READ_Text\"('/etc/passwd')", reads("read_text")),
  "read_text of a schema": attack("SELECT * FROM system.main.read_text('/etc/passwd')", reads("read_text")),
  "query()": attack("SELECT * FROM query('FROM read_text(''/etc/passwd'')')", reads("query")),
  "a query in JSON": attack(
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''/etc/passwd'')'))",
    reads("json_execute_serialized_sql"),
  ),
  "a file of another dataset": attack((root) => `SELECT * FROM '${root}/data/other.csv'`, noDataset),
  "the tokens": attack((root) => `SELECT * FROM '${root}/.openislands/connectors/c.json'`, noDataset),
  "the tokens, by a detour": attack(
    (root) => `SELECT * FROM '${root}/data/../.openislands/./connectors/*.json'`,
    noDataset,
  ),
  "a file that a name before it has in another place": attack(
    (root) => `SELECT * FROM (WITH "${root}/data/other.csv" AS (SELECT 1) SELECT 1), '${root}/data/other.csv'`,
    noDataset,
  ),
  "the secrets": attack((root) => `SELECT * FROM read_text('${root}/.env')`, reads("read_text")),
  "the secrets, through /proc": attack(
    (root) => `SELECT * FROM read_text('/proc/self/root${root}/.env')`,
    reads("read_text"),
  ),
}

/** Those that change what they run in, or tell of it: the lock is no answer to all of them, the parser's tree is. */
const meddling: Readonly<Record<string, Attack>> = {
  "several statements": attack("SELECT 1; SELECT 2", /holds 2 statements/),
  "a change behind a query": attack("SELECT 1; CREATE TABLE t (a INTEGER)", noSelect),
  PRAGMA: attack("PRAGMA database_list", noSelect),
  SET: attack("SET threads = 1", noSelect),
  RESET: attack("RESET threads", noSelect),
  CALL: attack("CALL pragma_version()", noSelect),
  INSERT: attack("INSERT INTO r VALUES (1)", noSelect),
  UPDATE: attack("UPDATE r SET id = 1", noSelect),
  DELETE: attack("DELETE FROM r", noSelect),
  DROP: attack("DROP TABLE r", noSelect),
  ALTER: attack("ALTER TABLE r ADD COLUMN x INTEGER", noSelect),
  "a change that answers rows": attack("INSERT INTO r VALUES (1) RETURNING id", noSelect),
  "a view": attack("CREATE VIEW r2 AS SELECT 1", noSelect),
  "another view of that name": attack("CREATE OR REPLACE VIEW r2 AS SELECT 1", noSelect),
  "a macro": attack("CREATE MACRO twice(a) AS a + a", noSelect),
  "a secret": attack("CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')", noSelect, null),
  "a transaction": attack("BEGIN", noSelect),
  CHECKPOINT: attack("CHECKPOINT", noSelect),
  EXPLAIN: attack("EXPLAIN SELECT 1", noSelect),
  "EXPLAIN ANALYZE": attack("EXPLAIN ANALYZE SELECT 1", noSelect),
  PREPARE: attack("PREPARE p AS SELECT 1", noSelect),
  settings: attack("SELECT * FROM duckdb_settings()", reads("duckdb_settings")),
  "one setting": attack("SELECT current_setting('temp_directory')", /may not use current_setting\(\)/),
  "one setting by other letters": attack(
    "SELECT \"Current_SETTING\"('temp_directory')",
    /may not use Current_SETTING\(\)/i,
  ),
  catalogs: attack("SELECT * FROM information_schema.tables", /may not read information_schema\.tables/),
  "a catalog of DuckDB's": attack("SELECT * FROM memory.main.r", /may not read main\.r/),
  "SQLite's catalog": attack("SELECT * FROM sqlite_master", noDataset),
  "DuckDB's catalog": attack("SELECT * FROM duckdb_tables()", reads("duckdb_tables")),
  "tables by name": attack("SELECT * FROM query_table('r')", reads("query_table")),
  SHOW: attack("SHOW TABLES", /asks about tables/),
  DESCRIBE: attack("DESCRIBE r", /asks about tables/),
  SUMMARIZE: attack("SUMMARIZE r", /asks about tables/),
  nothing: attack("", /holds 0 statements/, null),
  "a comment": attack("-- SELECT 1", /holds 0 statements/, null),
  "a parameter": attack("SELECT $1", /has parameters/, null),
  "the environment": attack("SELECT getenv('HOME')", /may not use getenv\(\)/, null),
  INSTALL: attack("INSTALL httpfs", noSelect, null),
  LOAD: attack("LOAD httpfs", noSelect, null),
  "an address": attack("SELECT * FROM 'https://example.com/x.csv'", noDataset, null),
  "an address to read_csv": attack("SELECT * FROM read_csv('https://example.com/x.csv')", reads("read_csv"), null),
}

const attacks = { ...reaching, ...meddling }

const project = temporaryProject(files)
const asideIn = (root: string) => mkdtempSync(path.join(root, "aside-"))
const engineIn = (root: string) => Effect.promise(() => Engine.open(asideIn(root)))

const raw = (engine: Engine, sql: string) =>
  Effect.tryPromise({ try: () => engine.rows(sql), catch: (cause) => cause as Error }).pipe(Effect.result)

describe("what the process of a query finds in it:", () => {
  /** One process looks at all of them, as it does at the sql datasets of a project. */
  let parsed: ReadonlyMap<string, Parsed>
  beforeAll(() =>
    Effect.gen(function* () {
      const root = yield* project
      const worker = yield* startWorker(asideIn(root))
      const texts = Object.values(attacks).map(({ sql }) => sql(root))
      const answer = yield* worker.ask({ type: "parse", texts }, "parsed")
      parsed = new Map(Object.keys(attacks).map((name, at) => [name, answer.parsed[at]!]))
    }).pipe(Effect.scoped, Effect.runPromise),
  )

  it.each(Object.entries(attacks))("%s", (name, { refused }) => {
    const found = parsed.get(name)!
    if (refused === null) {
      const names = found.type === "select" ? found.references.map((reference) => reference.name) : ["r"]
      assert.notDeepEqual(names, [], "it reads nothing by a name")
      assert.notInclude(names, "r")
    } else assert.match(found.type === "refused" ? found.detail : JSON.stringify(found), refused)
  })
})

describe("it would do harm:", () => {
  it.live.each(Object.entries(attacks).filter(([, { works }]) => works !== null))("%s", ([, { sql }]) =>
    Effect.gen(function* () {
      const root = yield* project
      const open = yield* engineIn(root)
      yield* Effect.promise(() => open.rows("CREATE TABLE r (id INTEGER)"))
      const result = yield* raw(open, sql(root))
      assert.strictEqual(result._tag, "Success", String(result._tag === "Failure" && result.failure))
    }),
  )
})

it.live("what reaches for files is stopped by the lock alone", () =>
  Effect.gen(function* () {
    const root = yield* project
    const engine = yield* engineIn(root)
    yield* Effect.promise(() => engine.lock())
    const before = readdirSync(root)
    for (const [name, { sql }] of Object.entries(reaching)) {
      const result = yield* raw(engine, sql(root))
      assert.strictEqual(result._tag, "Failure", name)
      assert.match(String(result._tag === "Failure" && result.failure), /disabled|Permission/, name)
    }
    assert.deepEqual(readdirSync(root), before)
  }),
)

it.live("the lock cannot be opened again, and no extension comes by itself", () =>
  Effect.gen(function* () {
    const root = yield* project
    const engine = yield* engineIn(root)
    yield* Effect.promise(() => engine.lock())
    for (const setting of [
      "enable_external_access = true",
      "allowed_paths = ['/etc/passwd']",
      "allowed_directories = ['/etc']",
      "lock_configuration = false",
      "memory_limit = '100GB'",
      "threads = 64",
    ]) {
      const result = yield* raw(engine, `SET ${setting}`)
      assert.match(String(result._tag === "Failure" && result.failure), /locked|Cannot/, setting)
    }
    const setting = (name: string) =>
      Effect.map(raw(engine, `SELECT current_setting('${name}')`), (result) =>
        result._tag === "Success" ? result.success[0]![0] : result.failure,
      )
    assert.deepEqual(
      [yield* setting("memory_limit"), yield* setting("max_temp_directory_size"), String(yield* setting("threads"))],
      ["488.2 MiB", "3.7 GiB", "2"],
    )
    for (const off of ["autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions"]) {
      assert.isFalse(yield* setting(off), off)
    }
  }),
)

it.live("whoever got past the first look would not get past the second", () =>
  Effect.gen(function* () {
    const engine = yield* engineIn(yield* project)
    yield* Effect.promise(() => engine.rows("CREATE TABLE r AS SELECT 1 AS id"))
    for (const [sql, detail] of [
      ["SELECT 1; DROP TABLE r", /2 statements/],
      ["INSERT INTO r VALUES (2) RETURNING id", /no SELECT/],
    ] as const) {
      const asked = Effect.tryPromise({
        try: () => answer(engine, sql, { rows: 10, bytes: 1000, isLayered: false }),
        catch: (cause) => String(cause),
      })
      assert.match(yield* Effect.flip(asked), detail)
    }
    assert.deepEqual(yield* Effect.promise(() => engine.rows("SELECT id FROM r")), [[1]])
  }),
)

it.live("refused by name, without a word of what it is about; and the next query is as it was", () =>
  Effect.gen(function* () {
    const root = yield* project
    const refused = ["COPY to a file", "read_text", "the tokens", "several statements", "one setting"] as const
    yield* Effect.gen(function* () {
      for (const name of refused) {
        const error = yield* Effect.flip(query(attacks[name]!.sql(root)))
        assert.strictEqual(error._tag, attacks[name]!.refused === null ? "DatasetNotFound" : "QueryRefused", name)
        assert.notInclude(JSON.stringify(error), "secret")
      }
      const nul = yield* Effect.flip(query("SELECT 1 \0; DROP TABLE r"))
      assert.strictEqual(nul._tag, "QueryRefused")
      assert.deepEqual(yield* values("SELECT count(*) FROM r"), [[2]])
    }).pipe(Effect.provide(queriesAt(root)))
    assert.isFalse(existsSync(path.join(root, "out.csv")))
  }),
)

it.live("a sql dataset is held to the same", () =>
  Effect.gen(function* () {
    const root = yield* project
    const texts = { a: "SELECT * FROM read_text('/etc/passwd')", b: "SELECT 1; SELECT 2", c: "FROM 'data/other.csv'" }
    const datasets = Object.fromEntries(Object.keys(texts).map((name) => [name, { sql: `${name}.sql` }]))
    for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(root, `${name}.sql`), text)
    writeFileSync(path.join(root, "manifest.json"), manifestOf(datasets))
    yield* Effect.gen(function* () {
      const tags: Array<string> = []
      for (const name of Object.keys(texts)) tags.push((yield* Effect.flip(query(`FROM ${name}`)))._tag)
      assert.deepEqual(tags, ["SqlInvalid", "SqlInvalid", "SqlUnknownDataset"])
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)
