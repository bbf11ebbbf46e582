import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { QueryService } from "../../../src/services/QueryService.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"

const files = { "manifest.json": manifestOf({ r: { source: "data/r.csv" } }), "data/r.csv": "id,v\n1,a\n2,b\n" }

/** Long enough for a query to be at work by then. */
const soon = 3

const runaways: Readonly<Record<string, readonly [string, ReadonlyArray<string>]>> = {
  "endless recursion": [
    "WITH RECURSIVE x AS (SELECT 1 n UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
    ["QueryTimeout", "QueryTooLarge"],
  ],
  "a cross join of 100 GB": [
    "SELECT count(DISTINCT a.range * b.range) FROM range(1000000) a, range(1000000) b",
    ["QueryTimeout", "QueryTooLarge"],
  ],
  "a loop that sleeps": ["SELECT sum(length(md5(range::VARCHAR))) FROM range(1000000000000)", ["QueryTimeout"]],
  "a result of rows of a megabyte": ["SELECT repeat('x', 1000000) FROM range(1000000)", ["QueryTooLarge"]],
  "a text of 2 GB": ["SELECT repeat('x', 2000000000)", ["QueryTooLarge", "QueryTimeout"]],
  "a list without end": ["SELECT list(range) FROM range(1000000000)", ["QueryTooLarge", "QueryTimeout"]],
  "SQL nested without end": [
    `SELECT ${"(".repeat(100_000)}1${")".repeat(100_000)}`,
    ["QueryFailed", "QueryCrashed", "QueryTooLarge"],
  ],
}

describe.each(Object.entries(runaways))("%s", (_, [sql, tags]) => {
  it.live("is stopped, and the next query is answered", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(query(sql, { seconds: tags.includes("QueryTimeout") ? soon : 30 }))
        assert.include(tags, error._tag, error.message)
        assert.deepEqual(yield* values("SELECT count(*) FROM r"), [[2]])
        assert.deepEqual(left(root), [])
      }).pipe(Effect.provide(queriesAt(root)))
    }),
  )
})

const left = (root: string) =>
  readdirSync(path.join(root, ".openislands/cache")).filter((name) => name.startsWith("query-"))

it.live("rows beyond the limit stay away, and are said to", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* Effect.gen(function* () {
      const many = yield* query("SELECT range FROM range(100000000)")
      assert.deepEqual([many.rows.length, many.truncated], [1_000, true])
      const some = yield* query("SELECT range FROM range(5)", { limit: 5 })
      assert.deepEqual([some.rows.length, some.truncated], [5, false])
      const wide = yield* query("SELECT repeat('x', 100000) FROM range(2000)", { limit: 100_000 })
      assert.isTrue(wide.truncated && wide.rows.length < 400 && wide.rows.length > 100)
      for (const limit of [0, 1.5, 100_001]) {
        assert.strictEqual((yield* Effect.flip(query("SELECT 1", { limit })))._tag, "QueryRefused")
      }
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("a query that is interrupted leaves nothing behind", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    yield* Effect.gen(function* () {
      const running = yield* Effect.forkChild(query("SELECT count(*) FROM range(1000000) a, range(1000000) b, r"))
      yield* Effect.sleep("2 seconds")
      yield* Fiber.interrupt(running)
      assert.deepEqual(left(root), [])
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("a process that the system doesn't start fails the query and nothing else", () =>
  Effect.gen(function* () {
    const manifest = manifestOf({ n: { sql: "n.sql" } })
    const root = yield* temporaryProject({ "manifest.json": manifest, "n.sql": "SELECT 1 AS n" })
    const node = process.execPath
    yield* Effect.gen(function* () {
      process.execPath = "/nowhere/node"
      const error = yield* Effect.flip(query("SELECT n FROM n"))
      assert.strictEqual(error._tag, "QueryCrashed")
      assert.include(error.message, "ENOENT")
      process.execPath = node
      assert.deepEqual(yield* values("SELECT n FROM n"), [[1]])
    }).pipe(Effect.ensuring(Effect.sync(() => (process.execPath = node))), Effect.provide(queriesAt(root)))
  }),
)

it.live("however many ask what datasets there are, no more than two processes look at a time", () =>
  Effect.gen(function* () {
    const manifest = manifestOf({ n: { sql: "n.sql" } })
    const root = yield* temporaryProject({ "manifest.json": manifest, "n.sql": "SELECT 1 AS n" })
    let most = 0
    const counting = Effect.sync(() => void (most = Math.max(most, left(root).length))).pipe(
      Effect.delay("10 millis"),
      Effect.forever,
    )
    yield* Effect.gen(function* () {
      const asked = QueryService.use((queries) => queries.datasets)
      yield* asked
      const watch = yield* Effect.forkChild(counting)
      const all = yield* Effect.all(
        Array.from({ length: 6 }, () => asked),
        { concurrency: "unbounded" },
      )
      yield* Fiber.interrupt(watch)
      assert.lengthOf(
        all.filter(([one]) => one?.columns?.length === 1),
        6,
      )
      assert.isAtLeast(most, 1)
      assert.isAtMost(most, 2)
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)
