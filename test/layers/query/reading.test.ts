import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetNamed, manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"
import { sync } from "../../fixtures/store.ts"

const rows = [
  {
    id: 1,
    zip: "00123",
    at: "2026-01-31T10:00:00+02:00",
    day: "2026-01-31",
    n: 1.5,
    ok: true,
    tags: ["a", { b: null }],
  },
  { id: 2n ** 60n, zip: null, at: null, day: null, n: -0, ok: false, tags: null },
]

describe("every format is read under its contract:", () => {
  for (const source of ["rows.csv", "rows.json", "rows.jsonl", "rows.parquet", "rows.db"]) {
    it.live(source, () =>
      Effect.gen(function* () {
        const table = source.endsWith(".db") ? { table: "rows" } : {}
        const root = yield* temporaryProject({ "manifest.json": manifestOf({ r: { source, ...table } }) })
        yield* Effect.gen(function* () {
          const r = yield* datasetNamed("r", "source")
          yield* sync({ datasets: { r }, writes: { r: { insert: rows } } })
          const answer = yield* query("SELECT * FROM r ORDER BY id")
          assert.deepEqual(answer, {
            columns: [
              { name: "id", type: "integer" },
              { name: "zip", type: "string" },
              { name: "at", type: "timestamp" },
              { name: "day", type: "date" },
              { name: "n", type: "number" },
              { name: "ok", type: "boolean" },
              { name: "tags", type: "json" },
            ],
            rows: [
              { ...rows[0], at: "2026-01-31T08:00:00.000Z" },
              { ...rows[1], id: "1152921504606846976", n: 0 },
            ],
            truncated: false,
          })
          assert.deepEqual(yield* values("SELECT sum(n), max(day) FROM r WHERE zip LIKE '00%'"), [[1.5, "2026-01-31"]])
        }).pipe(Effect.provide(queriesAt(root)))
      }),
    )
  }
})

it.live("a name in which DuckDB sees a pattern means that one file, in every format", () =>
  Effect.gen(function* () {
    const above = yield* temporaryProject({})
    const sources = { c: "[1]*.csv", j: "[1]*.json", l: "[1]*.jsonl", p: "[1]*.parquet" }
    const manifest = manifestOf(Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, { source }])))
    // One project is called as the other's name would be understood, and so are its files.
    const projects = ["a[1]?", "a1b"].map((name, at) => ({ root: join(above, name), who: ["mine", "others"][at]! }))
    for (const { root, who } of projects) {
      mkdirSync(root)
      const own = who === "mine" ? manifest : manifest.replaceAll("[1]*", "12")
      writeFileSync(join(root, "manifest.json"), own)
      yield* Effect.gen(function* () {
        for (const name of Object.keys(sources)) {
          const dataset = yield* datasetNamed(name, "source")
          yield* sync({ datasets: { [name]: dataset }, writes: { [name]: { insert: [{ id: 1, who }] } } })
          yield* sync({ datasets: { [name]: dataset }, writes: { [name]: { insert: [{ id: 2.5, who }] } } })
        }
      }).pipe(Effect.provide(queriesAt(root)))
    }
    const [mine] = projects
    yield* Effect.gen(function* () {
      const all = Object.keys(sources).map((name) => `SELECT '${name}', id, who FROM ${name}`)
      const rows = Object.keys(sources).flatMap((name) => [
        [name, 1, "mine"],
        [name, 2.5, "mine"],
      ])
      assert.deepEqual(yield* values(`${all.join(" UNION ALL ")} ORDER BY 1, 2`), rows)
    }).pipe(Effect.provide(queriesAt(mine!.root)))
  }),
)
