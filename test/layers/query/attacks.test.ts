import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { Engine } from "../../../src/layers/query/Engine.ts"
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
  readonly refused: ReadonlyArray<string>
  readonly works: "without the lock" | null
}
const attack = (
  sql: string | ((root: string) => string),
  refused: string | ReadonlyArray<string>,
  works: Attack["works"] = "without the lock",
): Attack => ({ sql: typeof sql === "string" ? () => sql : sql, refused: [refused].flat(), works })

const refused = "QueryRefused"

/** Those that the parser's tree already refuses, and that the lock would refuse by itself. */
const reaching: Readonly<Record<string, Attack>> = {
  "COPY to a file": attack((root) => `COPY (SELECT 1) TO '${root}/out.csv'`, refused),
  "COPY from a file": attack(
    "CREATE TEMP TABLE t (line VARCHAR); COPY t FROM '/etc/passwd' (DELIM '|', QUOTE '')",
    refused,
  ),
  "ATTACH a file": attack((root) => `ATTACH '${root}/other.duckdb'`, refused),
  "EXPORT DATABASE": attack((root) => `EXPORT DATABASE '${root}/export'`, refused),
  read_csv: attack("SELECT * FROM read_csv('/etc/passwd', delim = ':')", refused),
  read_text: attack("SELECT * FROM read_text('/etc/passwd')", refused),
  read_blob: attack("SELECT * FROM read_blob('/etc/passwd')", refused),
  glob: attack("SELECT * FROM glob('/etc/*')", refused),
  sniff_csv: attack("SELECT * FROM sniff_csv('/etc/passwd')", refused),
  "read_text in a subquery": attack("SELECT (SELECT content FROM read_text('/etc/passwd'))", refused),
  "read_text in a CTE": attack("WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x", refused),
  "read_text in a lateral join": attack(
    "SELECT * FROM range(1) r, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
    refused,
  ),
  "read_text by other letters": attack("SELECT * FROM \"READ_Text\"('/etc/passwd')", refused),
  "query()": attack("SELECT * FROM query('FROM read_text(''/etc/passwd'')')", refused),
  "a file of another dataset": attack((root) => `SELECT * FROM '${root}/data/other.csv'`, "DatasetNotFound"),
  "the tokens": attack((root) => `SELECT * FROM '${root}/.openislands/connectors/c.json'`, "DatasetNotFound"),
  "the tokens, by a detour": attack(
    (root) => `SELECT * FROM '${root}/data/../.openislands/./connectors/*.json'`,
    "DatasetNotFound",
  ),
  "the secrets": attack((root) => `SELECT * FROM read_text('${root}/.env')`, refused),
  "the secrets, through /proc": attack((root) => `SELECT * FROM read_text('/proc/self/root${root}/.env')`, refused),
}

/** Those that change what they run in, or tell of it: the lock is no answer to all of them, the parser's tree is. */
const meddling: Readonly<Record<string, Attack>> = {
  "several statements": attack("SELECT 1; SELECT 2", refused),
  "a change behind a query": attack("SELECT 1; CREATE TABLE t (a INTEGER)", refused),
  PRAGMA: attack("PRAGMA database_list", refused),
  SET: attack("SET threads = 1", refused),
  RESET: attack("RESET threads", refused),
  CALL: attack("CALL pragma_version()", refused),
  "a view": attack("CREATE VIEW r2 AS SELECT 1", refused),
  "another view of that name": attack("CREATE OR REPLACE VIEW r2 AS SELECT 1", refused),
  "a macro": attack("CREATE MACRO twice(a) AS a + a", refused),
  "a transaction": attack("BEGIN", refused),
  EXPLAIN: attack("EXPLAIN SELECT 1", refused),
  PREPARE: attack("PREPARE p AS SELECT 1", refused),
  settings: attack("SELECT * FROM duckdb_settings()", refused),
  "one setting": attack("SELECT current_setting('temp_directory')", refused),
  catalogs: attack("SELECT * FROM information_schema.tables", refused),
  "SQLite's catalog": attack("SELECT * FROM sqlite_master", "DatasetNotFound"),
  "DuckDB's catalog": attack("SELECT * FROM duckdb_tables()", refused),
  SHOW: attack("SHOW TABLES", refused),
  nothing: attack("", refused, null),
  "a comment": attack("-- SELECT 1", refused, null),
  "a parameter": attack("SELECT $1", refused, null),
  "a NUL": attack("SELECT 1 \0; DROP TABLE r", refused, null),
  "the environment": attack("SELECT getenv('HOME')", refused, null),
  INSTALL: attack("INSTALL httpfs", refused, null),
  LOAD: attack("LOAD httpfs", refused, null),
  "an address": attack("SELECT * FROM 'https://example.com/x.csv'", "DatasetNotFound", null),
  "an address to read_csv": attack("SELECT * FROM read_csv('https://example.com/x.csv')", refused, null),
}

const engineIn = (root: string) => Effect.promise(() => Engine.open(path.join(root, "aside")))

const raw = (engine: Engine, sql: string) =>
  Effect.tryPromise({ try: () => engine.rows(sql), catch: (cause) => cause as Error }).pipe(Effect.result)

describe.each(Object.entries({ ...reaching, ...meddling }))("%s", (_, { sql, refused, works }) => {
  it.live("is refused", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      if (works !== null) {
        const open = yield* engineIn(root)
        yield* Effect.promise(() => open.rows("CREATE TABLE r (id INTEGER)"))
        const result = yield* raw(open, sql(root))
        assert.strictEqual(result._tag, "Success", String(result._tag === "Failure" && result.failure))
      }
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(query(sql(root)))
        assert.include(refused, error._tag)
        assert.notInclude(JSON.stringify(error), "secret")
      }).pipe(Effect.provide(queriesAt(root)))
    }),
  )
})

it.live("what is refused leaves the next query as it is", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* Effect.gen(function* () {
      yield* Effect.flip(query("CREATE OR REPLACE VIEW r AS SELECT 1; SELECT 2"))
      assert.deepEqual(yield* values("SELECT count(*) FROM r"), [[2]])
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

describe.each(Object.entries(reaching))("%s", (_, { sql }) => {
  it.live("would be stopped by the lock alone", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      const engine = yield* engineIn(root)
      yield* Effect.promise(() => engine.lock())
      const result = yield* raw(engine, sql(root))
      assert.strictEqual(result._tag, "Failure")
      assert.isFalse(existsSync(path.join(root, "out.csv")))
    }),
  )
})

it.live("the lock cannot be opened again", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    const engine = yield* engineIn(root)
    yield* Effect.promise(() => engine.lock())
    for (const setting of [
      "enable_external_access = true",
      "allowed_paths = ['/etc/passwd']",
      "lock_configuration = false",
    ]) {
      const result = yield* raw(engine, `SET ${setting}`)
      assert.strictEqual(result._tag, "Failure", setting)
    }
  }),
)
