import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import fc from "fast-check"
import { readdirSync } from "node:fs"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { History } from "../../../src/services/History.ts"
import { type Still, Snapshots } from "../../../src/services/Snapshots.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetNamed, manifestOf, queriesAt, query, values } from "../../fixtures/query.ts"
import { act, datasetIn, storeAt, sync, type Write } from "../../fixtures/store.ts"

const formats = ["csv", "jsonl", "json", "parquet", "db"] as const

type Step =
  | {
      readonly kind: "sync"
      readonly dataset: 0 | 1
      readonly mode: "insert" | "replace" | "evolve" | "upsert"
      readonly rows: number
    }
  | { readonly kind: "rollback" }
  | { readonly kind: "rollbackTo"; readonly at: number }

const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("sync" as const),
        dataset: fc.constantFrom(0 as const, 1 as const),
        mode: fc.constantFrom(
          "insert" as const,
          "insert" as const,
          "replace" as const,
          "evolve" as const,
          "upsert" as const,
        ),
        rows: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollbackTo" as const), at: fc.nat(12) }) },
  ),
  { minLength: 2, maxLength: 9 },
)

const rowsOf = (dataset: SourceDataset) =>
  DatasetStore.use((store) => Stream.runCollect(store.read(dataset))).pipe(Effect.map((batches) => batches.flat()))

/** Rows of what a snapshot found, by our own reader. */
const rowsFound = ({ dataset, contract }: Still) =>
  Effect.promise(async () => {
    const all: Array<Row> = []
    if (contract === null) return all
    const { lookerFor } = await import("../../../src/layers/store/looks.ts")
    if (fs.existsSync(dataset.file)) for await (const rows of lookerFor(dataset).rows(contract)) all.push(...rows)
    return all
  })

/** Runs the steps, and after each that made a checkpoint takes down what there is. */
const play = Effect.fnUntraced(function* (datasets: ReadonlyArray<SourceDataset>, all: ReadonlyArray<Step>) {
  const history = yield* History
  const taken = new Map<string, ReadonlyArray<ReadonlyArray<Row>>>()
  for (const [number, step] of all.entries()) {
    if (step.kind === "sync") {
      const rows = Array.from({ length: step.rows }, (_, row) => ({
        // An upsert updates some rows of the step before.
        id: number * 10 + row - (step.mode === "upsert" ? 11 : 0),
        v: `${number}, "${row}"`,
        ...(step.mode === "evolve" ? { [`more${step.dataset}`]: number + 0.5 } : {}),
      }))
      const write: Write =
        step.mode === "replace" ? { replace: rows } : step.mode === "upsert" ? { upsert: rows } : { insert: rows }
      const dataset = datasets[step.dataset]!
      // A column that is gone is no drift once it was optional.
      yield* sync({
        connector: `c${step.dataset}`,
        datasets: { o: dataset },
        writes: { o: write },
        state: { number },
      }).pipe(Effect.catchTag("SchemaDrift", () => Effect.succeed(null)))
    } else {
      const list = yield* history.list
      const target = step.kind === "rollback" ? null : (list[step.at % Math.max(1, list.length)]?.checkpoint_id ?? null)
      yield* history
        .rollback(target, { force: false })
        .pipe(Effect.catchTag(["NothingToUndo", "CannotUndo"], () => Effect.succeed(null)))
    }
    const newest = (yield* history.list)[0]?.checkpoint_id
    if (newest !== undefined && !taken.has(newest)) taken.set(newest, yield* Effect.forEach(datasets, rowsOf))
  }
  return taken
})

describe.each(formats)("%s", (format) => {
  it.live("is at every checkpoint that is kept what it was then", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(steps, (all) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const root = yield* temporaryProject({ "manifest.json": "{}" })
              const datasets = ["a", "b"].map((name) => datasetIn(root, format, name, { onDrift: "evolve" }))
              yield* Effect.gen(function* () {
                const taken = yield* play(datasets, all)
                const before = yield* Effect.forEach(datasets, rowsOf)
                for (const [checkpoint, then] of taken) {
                  const scratch = fs.mkdtempSync(path.join(root, "scratch-"))
                  const found = yield* Snapshots.use((snapshots) =>
                    snapshots.at(checkpoint, datasets, scratch, Effect.forEach(rowsFound)),
                  )
                  assert.deepEqual(found, then, checkpoint)
                }
                assert.deepEqual(yield* Effect.forEach(datasets, rowsOf), before)
              }).pipe(Effect.provide(storeAt(root)))
            }).pipe(Effect.scoped),
          ),
        ),
        { numRuns: format === "parquet" ? 5 : 10 },
      ),
    ),
  )
})

const project = temporaryProject({
  "manifest.json": manifestOf({ a: { source: "data/a.csv" }, b: { source: "data/b.jsonl" } }),
})

it.live("a query may go back to a checkpoint, in every dataset that it reads", () =>
  Effect.gen(function* () {
    const root = yield* project
    yield* Effect.gen(function* () {
      const [a, b] = [yield* datasetNamed("a", "source"), yield* datasetNamed("b", "source")]
      const insert = (id: number) =>
        sync({ datasets: { a, b }, writes: { a: { insert: [{ id }] }, b: { replace: [{ id }] } } }).pipe(
          Effect.map(({ checkpoint_id }) => checkpoint_id!),
        )
      const first = yield* insert(1)
      const second = yield* insert(2)
      const sql = "SELECT (SELECT list(id ORDER BY id) FROM a) AS a, (SELECT list(id) FROM b) AS b"
      assert.deepEqual(yield* values(sql), [[[1, 2], [2]]])
      assert.deepEqual(yield* values(sql, { at: first }), [[[1], [1]]])
      yield* History.use((history) => history.rollback(null, { force: false }))
      assert.deepEqual(yield* values(sql), [[[1], [1]]])
      assert.deepEqual(yield* values(sql, { at: second }), [[[1, 2], [2]]])
      assert.deepEqual(
        readdirSync(path.join(root, ".openislands/cache")).filter((name) => name.startsWith("query-")),
        [],
      )

      assert.strictEqual((yield* Effect.flip(query(sql, { at: "00000009-aaaa" })))._tag, "UnknownCheckpoint")
      fs.writeFileSync(a.file, "id\n7\n")
      assert.strictEqual((yield* Effect.flip(query(sql, { at: second })))._tag, "CannotReadAt")
      assert.deepEqual(yield* values("SELECT id FROM a"), [[7]])
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("in every format, whatever changed the rows", () =>
  Effect.gen(function* () {
    const datasets = Object.fromEntries(
      formats.map((format) => [format, { source: `data/a.${format}`, ...(format === "db" ? { table: "a" } : {}) }]),
    )
    const root = yield* temporaryProject({ "manifest.json": manifestOf(datasets) })
    yield* Effect.gen(function* () {
      const all = yield* Effect.forEach(formats, (name) => datasetNamed(name, "source"))
      const synced = (write: Write) =>
        sync({
          datasets: Object.fromEntries(all.map((dataset) => [dataset.name, dataset])),
          writes: Object.fromEntries(all.map(({ name }) => [name, write])),
        })
      const edited = (edit: Edit) => act(all.map((dataset) => [dataset, [edit]]))
      const steps = [
        [
          synced({
            insert: [
              { id: 1, t: "x" },
              { id: 2, t: null },
            ],
          }),
          "1 x, 2 null",
        ],
        [synced({ insert: [{ id: 3, t: 'é, "' }] }), '1 x, 2 null, 3 é, "'],
        [edited({ mode: "update", match: { t: null }, set: { t: "two" } }), '1 x, 2 two, 3 é, "'],
        [edited({ mode: "delete", match: { id: 1 } }), '2 two, 3 é, "'],
        [synced({ replace: [{ id: 4, t: "four" }] }), "4 four"],
        [History.use((history) => history.rollback(null, { force: false })), '2 two, 3 é, "'],
        [synced({ replace: [] }), ""],
      ] as const
      const told = "coalesce(string_agg(id || ' ' || coalesce(t, 'null'), ', ' ORDER BY id), '')"
      const sql = formats.map((format) => `SELECT ${told} FROM "${format}"`).join(" UNION ALL ")
      const taken: Array<readonly [checkpoint: string, rows: string]> = []
      for (const [step, rows] of steps) {
        const { checkpoint_id } = yield* step
        taken.push([checkpoint_id!, rows])
      }
      for (const [at, rows] of taken) {
        assert.deepEqual(
          yield* values(sql, { at }),
          formats.map(() => [rows]),
          at,
        )
      }
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

const halfThousand = (n: number) => Array.from({ length: 500 }, (_, at) => ({ n, at }))

it.live("a query sees the rows of whole syncs, in all datasets alike, while they commit", () =>
  Effect.gen(function* () {
    const root = yield* project
    yield* Effect.gen(function* () {
      const [a, b] = [yield* datasetNamed("a", "source"), yield* datasetNamed("b", "source")]
      const write = (n: number) =>
        sync({ datasets: { a, b }, writes: { a: { insert: halfThousand(n) }, b: { insert: halfThousand(n) } } })
      yield* write(0)
      const syncing = yield* Effect.gen(function* () {
        for (let n = 1; ; n++) {
          yield* write(n)
          if (n % 3 === 0) yield* History.use((history) => history.rollback(null, { force: false }))
        }
      }).pipe(Effect.forkChild)
      const seen = new Set<number>()
      for (let at = 0; at < 8; at++) {
        const [[inA, inB, uneven]] = (yield* values(
          "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM (SELECT n FROM a GROUP BY n HAVING count(*) <> 500))",
        )) as [[number, number, number]]
        assert.deepEqual([inB, uneven, inA % 500], [inA, 0, 0])
        seen.add(inA)
      }
      assert.isAbove(seen.size, 1)
      yield* Fiber.interrupt(syncing)
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)

it.live("what a query reads stays as it is until all of it is loaded", () =>
  Effect.gen(function* () {
    const root = yield* project
    yield* Effect.gen(function* () {
      const a = yield* datasetNamed("a", "source")
      const write = (id: number) => sync({ datasets: { a }, writes: { a: { insert: [{ id }] } } })
      yield* write(1)
      const text = () => fs.readFileSync(a.file, "utf8")
      const syncing = yield* Snapshots.use((snapshots) =>
        snapshots.now([a], () =>
          Effect.gen(function* () {
            const fiber = yield* Effect.forkDetach(write(2))
            // Long enough for a commit that doesn't wait.
            yield* Effect.sleep("2 seconds")
            assert.strictEqual(text(), "id\n1\n")
            return fiber
          }),
        ),
      )
      yield* Fiber.join(syncing)
      assert.strictEqual(text(), "id\n1\n2\n")
    }).pipe(Effect.provide(queriesAt(root)))
  }),
)
