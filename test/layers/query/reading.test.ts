import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
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
