import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "../../fixtures/http.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const numbers = Array.from({ length: 250 }, (_, index) => index + 1)

it.live(
  "rows of a sql dataset are what its query answers, in its order, page by page; its errors are at their place",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify({
          datasets: {
            numbers: { source: "data/numbers.csv" },
            down: { sql: "sql/down.sql" },
            wrong: { sql: "sql/wrong.sql" },
          },
        }),
        "data/numbers.csv": `n\n${numbers.join("\n")}\n`,
        "sql/down.sql": "SELECT n, n * 2 AS twice FROM numbers ORDER BY n DESC",
        "sql/wrong.sql": "SELECT m FROM numbers",
      })
      const origin = yield* served(root)
      const { datasets } = (yield* request(origin, "/api/datasets")).json
      assert.deepEqual(
        datasets.map(({ name, source, sql }: { name: string; source: string; sql: string }) => [name, source, sql]),
        [
          ["numbers", "data/numbers.csv", null],
          ["down", null, "sql/down.sql"],
          ["wrong", null, "sql/wrong.sql"],
        ],
      )

      const found: Array<{ readonly n: number; readonly twice: number }> = []
      let cursor: string | null = "0"
      let pages = 0
      while (cursor !== null) {
        const { json }: { json: any } = yield* request(origin, `/api/datasets/down/rows?limit=100&cursor=${cursor}`)
        found.push(...json.rows)
        cursor = json.nextCursor
        pages++
      }
      assert.strictEqual(pages, 3)
      assert.deepEqual(
        found,
        numbers.toReversed().map((n) => ({ n, twice: n * 2 })),
      )

      const wrong = yield* request(origin, "/api/datasets/wrong/rows")
      assert.strictEqual(wrong.status, 422)
      assert.include(wrong.json.error.message, "sql/wrong.sql:1:8")
      assert.strictEqual((yield* request(origin, "/api/datasets/down/rows?cursor=x")).status, 400)
    }),
)
