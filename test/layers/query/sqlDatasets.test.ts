import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import type { SqlProblem } from "../../../src/services/domain/SqlProblem.ts"
import { ManifestService } from "../../../src/services/ManifestService.ts"
import { QueryService } from "../../../src/services/QueryService.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"

const sources = { a: { source: "a.csv" }, empty: { source: "empty.csv" } }
const data = { "a.csv": "id,zip\n1,00123\n2,\n" }

/** A project whose sql datasets are these texts, in files of their names. */
const projectOf = (texts: Readonly<Record<string, string>>) => {
  const datasets = Object.fromEntries(Object.keys(texts).map((name) => [name, { sql: `sql/${name}.sql` }]))
  const files = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`sql/${name}.sql`, text]))
  return temporaryProject({ ...data, ...files, "manifest.json": manifestOf({ ...datasets, ...sources }) })
}

const problems = Effect.gen(function* () {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  return yield* QueryService.use((queries) => queries.problems(checked))
})

const problemsIn = (texts: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const root = yield* projectOf(texts)
    return yield* problems.pipe(Effect.provide(queriesAt(root)))
  })

const factsOf = ({ _tag, file, path, line, column }: SqlProblem) => ({ _tag, file, path, line, column })

it.live("stand on one another in whatever order the manifest has them, as long as they lead to sources", () =>
  Effect.gen(function* () {
    const root = yield* projectOf({
      top: "\uFEFFSELECT count(*) AS n, max(zip) AS zip FROM Middle -- the end\n;\n",
      middle: "WITH a AS (SELECT * FROM a WHERE id > 0) SELECT a.*, id * 2 AS twice FROM a JOIN b USING (id)",
      b: "SELECT id FROM a",
    })
    yield* Effect.gen(function* () {
      assert.deepEqual(yield* problems, [])
      assert.deepEqual(yield* values("SELECT * FROM top"), [[2, "00123"]])
      assert.deepEqual((yield* query("SELECT * FROM middle ORDER BY id")).rows, [
        { id: 1, zip: "00123", twice: 2 },
        { id: 2, zip: null, twice: 4 },
      ])
      const described = yield* QueryService.use((queries) => queries.describe("middle"))
      assert.deepEqual(
        described.columns?.map(({ name, type }) => [name, type]),
        [
          ["id", "integer"],
          ["zip", "string"],
          ["twice", "integer"],
        ],
      )
      const unknown = yield* Effect.flip(QueryService.use((queries) => queries.describe("midle")))
      assert.include(unknown.message, 'Did you mean "middle"')
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

describe("what is wrong with one is named at its place:", () => {
  const cases: Readonly<Record<string, readonly [string, object, string]>> = {
    "two statements": ["SELECT 1; SELECT 2", { _tag: "SqlInvalid", line: 1, column: 1 }, "2 statements"],
    "no SELECT": ["DROP TABLE a", { _tag: "SqlInvalid", line: 1, column: 1 }, "no SELECT"],
    "a NUL": ["SELECT 'é',\n \0 FROM a", { _tag: "SqlInvalid", line: 2, column: 2 }, "it holds a NUL character"],
    nothing: ["", { _tag: "SqlInvalid", line: 1, column: 1 }, "0 statements"],
    "a syntax error": ["SELECT *\nFORM a", { _tag: "SqlInvalid", line: 2, column: 6 }, 'at or near "a"'],
    "an unknown dataset": [
      "SELECT *\n  FROM aa",
      { _tag: "SqlUnknownDataset", line: 2, column: 8 },
      'Did you mean "a"',
    ],
    "an unknown column": ["SELECT 'é',\n zp FROM a", { _tag: "SqlInvalid", line: 2, column: 2 }, '"zp"'],
    "a type that doesn't fit": ["SELECT id + ['x'] FROM a", { _tag: "SqlInvalid", line: 1, column: 11 }, "+"],
    "a file": ["SELECT * FROM read_text('/etc/passwd')", { _tag: "SqlInvalid", line: 1, column: 15 }, "read_text()"],
  }
  it.live.each(Object.entries(cases))("%s", ([, [text, facts, said]]) =>
    Effect.gen(function* () {
      const found = yield* problemsIn({ q: text, fine: "SELECT * FROM a", on: "SELECT * FROM q" })
      assert.deepEqual(found.map(factsOf), [{ file: "sql/q.sql", path: "datasets.q.sql", ...facts } as never])
      assert.include(found[0]!.message, said)
    }),
  )

  it.live("a file that is missing", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        ...data,
        "manifest.json": manifestOf({ q: { sql: "q.sql" }, ...sources }),
      })
      const [problem] = yield* problems.pipe(Effect.provide(queriesAt(root)))
      assert.deepEqual(factsOf(problem!), {
        _tag: "SqlUnreadable",
        file: "manifest.json",
        path: "datasets.q.sql",
        line: 1,
        column: 25,
      })
    }),
  )

  it.live("a file that is none, or more than a query can be", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        ...data,
        "big.sql": `SELECT 1 ${" ".repeat(4_000_000)}`,
        "manifest.json": manifestOf({ pipe: { sql: "pipe.sql" }, big: { sql: "big.sql" }, ...sources }),
      })
      execFileSync("mkfifo", [join(root, "pipe.sql")])
      const [pipe, big] = yield* problems.pipe(Effect.provide(queriesAt(root)))
      assert.include(pipe!.message, "pipe.sql: it cannot be read (not a regular file)")
      assert.include(big!.message, "big.sql: it cannot be read (more than 4 MB)")
    }),
  )

  it.live("a cycle, once, with the whole way", () =>
    Effect.gen(function* () {
      const [x, y, z] = ["SELECT * FROM y", "SELECT * FROM z", "SELECT * FROM x, a"]
      const found = yield* problemsIn({
        x,
        y,
        z,
        onto: "SELECT * FROM x",
        fine: "SELECT * FROM a",
        self: "FROM self",
      } as never)
      assert.deepEqual(
        found.map((problem) => problem._tag === "SqlCycle" && problem.cycle),
        [
          ["x", "y", "z", "x"],
          ["self", "self"],
        ],
      )
    }),
  )
})

it.live("a broken one hurts no query but those that read it", () =>
  Effect.gen(function* () {
    const root = yield* projectOf({
      broken: "SELECT nope FROM a",
      onto: "SELECT * FROM broken",
      fine: "SELECT id FROM a",
    })
    yield* Effect.gen(function* () {
      assert.deepEqual(yield* values("SELECT * FROM fine"), [[1], [2]])
      for (const name of ["broken", "onto"]) {
        const error = yield* Effect.flip(query(`SELECT * FROM ${name}`))
        assert.deepEqual([error._tag, (error as { dataset?: string }).dataset], ["SqlInvalid", "broken"])
      }
      const all = yield* QueryService.use((queries) => queries.datasets)
      assert.deepEqual(
        all.map(({ name, error, columns }) => [name, error?._tag ?? null, columns?.length ?? null]),
        [
          ["broken", "SqlInvalid", null],
          ["onto", null, null],
          ["fine", null, 1],
          ["a", null, 2],
          ["empty", null, null],
        ],
      )
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("a source of which there can be no table keeps nobody from looking at the others", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      ...data,
      "odd.csv": "id,a\0b\n1,2\n",
      "bare.jsonl": "{}\n{}\n",
      "onto.sql": "SELECT id FROM odd, bare",
      "fine.sql": "SELECT id FROM a",
      "manifest.json": manifestOf({
        odd: { source: "odd.csv" },
        bare: { source: "bare.jsonl" },
        onto: { sql: "onto.sql" },
        fine: { sql: "fine.sql" },
        ...sources,
      }),
    })
    yield* Effect.gen(function* () {
      const all = yield* QueryService.use((queries) => queries.datasets)
      assert.deepEqual(
        all.map(({ name, error, columns }) => [name, error?._tag ?? null, columns?.length ?? null]),
        [
          ["odd", null, 2],
          ["bare", null, 0],
          ["onto", null, null],
          ["fine", null, 1],
          ["a", null, 2],
          ["empty", null, null],
        ],
      )
      const error = yield* Effect.flip(query("SELECT * FROM bare"))
      assert.strictEqual(error.message, 'dataset "bare" cannot be read: its rows have no columns')
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("what is declared wrongly is told as that wherever it is named, and has its place among the datasets", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      ...data,
      "manifest.json": `{ "datasets": {
        "one": { "source": "a.csv" }, "odd": { "source": "b.csv", "x y": 1, "x y": 2 }, "two": { "source": "a.csv" },
        "onto": { "sql": "onto.sql" }, "sources": { "source": "c.csv" } } }`,
      "onto.sql": "SELECT * FROM one",
    })
    yield* Effect.gen(function* () {
      const all = yield* QueryService.use((queries) => queries.datasets)
      assert.deepEqual(
        all.map(({ name, error }) => [name, error?._tag ?? null]),
        [
          ["one", "SourceShared"],
          ["odd", "InvalidField"],
          ["two", "SourceShared"],
          ["onto", null],
          ["sources", null],
        ],
      )
      for (const name of ["one", "Odd", "two"]) {
        const error = yield* Effect.flip(query(`SELECT * FROM ${name}`))
        assert.deepInclude(error, { _tag: "DatasetNotFound", reason: "broken", didYouMean: null }, name)
      }
      const behind = yield* Effect.flip(query("SELECT * FROM onto"))
      assert.deepInclude(behind, { _tag: "SqlUnknownDataset", unknown: "one", isBroken: true })
      assert.match(behind.message, /^onto\.sql:1:15: dataset "one" is not declared as it should be$/)
      assert.deepEqual(yield* problems, [])
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("errors of a query name what is there instead", () =>
  Effect.gen(function* () {
    const root = yield* projectOf({ q: "SELECT * FROM a" })
    yield* Effect.gen(function* () {
      const errors = yield* Effect.forEach(
        [
          "SELECT zpi\nFROM a",
          "SELECT 1,\n  uper(zip) FROM a",
          "SELECT * FROM emty",
          "SELECT * FROM empty",
          "SELECT 'x'::INTEGER",
          "SELECT zip, at FROM a",
        ],
        (sql) => Effect.flip(query(sql)),
      )
      assert.deepEqual(
        errors.map(({ _tag, message, suggestion }) => [_tag, message, suggestion]),
        [
          ["QueryFailed", 'line 1, column 8: Referenced column "zpi" not found in FROM clause!', 'Did you mean "zip"?'],
          ["QueryFailed", "line 2, column 3: Scalar Function with name uper does not exist!", 'Did you mean "upper"?'],
          [
            "DatasetNotFound",
            'no dataset is named "emty". Did you mean "empty"?',
            '"openislands datasets" lists those that are declared under "datasets" in manifest.json.',
          ],
          [
            "DatasetUnsettled",
            'dataset "empty" is empty: its first rows settle its columns',
            "No connector and no action writes to it: put rows into its file.",
          ],
          [
            "QueryFailed",
            "line 1, column 11: Could not convert string 'x' to INT32",
            'Correct the query; it is DuckDB\'s SQL. "openislands datasets" lists the datasets and their columns.',
          ],
          [
            "QueryFailed",
            'line 1, column 16: syntax error at or near "FROM"',
            'If at is the name of a column or dataset here: as a word of SQL it has to stand in double quotes, "at". Correct the query; it is DuckDB\'s SQL. "openislands datasets" lists the datasets and their columns.',
          ],
        ],
      )
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)
