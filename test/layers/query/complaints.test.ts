import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { temporaryProject } from "../../fixtures/project.ts"
import { manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"

const files = {
  "manifest.json": manifestOf({
    notes: { source: "notes.csv" },
    wide: { source: "wide.csv" },
    odd: { source: "odd.csv" },
    numbers: { sql: "numbers.sql" },
    deep: { sql: "deep.sql" },
  }),
  "notes.csv": "id,note\n1,7\n2,out of memory\n",
  "odd.csv": "id,a\0b\n1,2\n",
  "wide.csv": `id,number\n1,${"9".repeat(50)}\n`,
  "numbers.sql": `SELECT ${" ".repeat(200)} CAST(note AS INTEGER) AS number FROM notes`,
  "deep.sql":
    "SELECT CAST(repeat('[', n) || repeat(']', n) AS JSON) AS deep FROM (VALUES (100), (101), (4999)) AS v(n)",
}

it.live("a query is told what is wrong with a value, and where in the query", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* Effect.gen(function* () {
      // Not for want of memory, which the value speaks of.
      const cast = yield* Effect.flip(query("SELECT 'é',\n  CAST(note AS INTEGER) FROM notes"))
      assert.strictEqual(cast._tag, "QueryFailed")
      assert.include(cast.message, "line 2, column 3: Could not convert string 'out of memory' to INT32")

      // The cast is in another file than what was asked.
      const behind = yield* Effect.flip(query(`SELECT number FROM numbers -- ${"long ".repeat(60)}`))
      assert.strictEqual(behind._tag, "QueryFailed")
      assert.match(behind.message, /^Could not convert/)

      const wide = yield* Effect.flip(query("SELECT * FROM wide"))
      assert.strictEqual(wide._tag, "QueryFailed")
      assert.include(
        wide.message,
        'dataset "wide" cannot be read: column "number" holds an integer of more than 128 bits',
      )

      const nameless = yield* Effect.flip(query("SELECT id FROM odd"))
      const why = 'dataset "odd" cannot be read: SQL has no name for its column "a\\u0000b", which holds a NUL'
      assert.strictEqual(nameless.message, why)
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("JSON that is nested deeper than anything can show is text", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* Effect.gen(function* () {
      const found = yield* values("SELECT deep FROM deep ORDER BY length(deep)")
      assert.deepEqual(
        found.map(([deep]) => typeof deep),
        ["object", "string", "string"],
      )
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)
