import { Effect, Stream } from "effect"
import fc from "fast-check"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { DatasetStore } from "../../src/services/DatasetStore.ts"
import { History } from "../../src/services/History.ts"
import { actionProject, run } from "../fixtures/actions.ts"
import { datasetAt } from "../fixtures/store.ts"

const fields = {
  day: { min: "2026-01-01" },
  kg: { min: 30, max: 200 },
  kind: { enum: ["run", "swim"] },
  at: { max: "2030-01-01T00:00:00Z" },
  note: { default: null },
  word: { type: "date" },
}
const first = {
  id: 1,
  day: "2026-11-20",
  kg: 71.5,
  kind: "run",
  at: "2026-11-20T07:00:00Z",
  done: true,
  j: { a: [1] },
  word: "2026-11-20",
  note: "x",
}
type Name = keyof typeof first

const declared = (source: object) => ({
  datasets: { log: source },
  actions: {
    add: { dataset: "log", mode: "insert", fields },
    rewrite: { dataset: "log", mode: "replace", fields },
    open: { dataset: "log", mode: "insert" },
  },
})

const surrogate = fc.constantFrom("\ud800", "x\udc00")
const unwritable = fc.constantFrom<unknown>(undefined, NaN, Infinity, -Infinity, () => {}, Symbol("s"))
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const structure = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
const noMoment = fc.string().filter((text) => !/^\d{4}-\d\d-\d\d/.test(text))
const any = fc.oneof(number, fc.boolean(), noMoment, structure)
const not = (kind: string) => any.filter((value) => typeof value !== kind)

/** What each field must not hold. */
const bad: Readonly<Record<Name, fc.Arbitrary<unknown>>> = {
  id: fc.oneof(
    not("number"),
    fc.constant(null),
    fc.double({ noInteger: true, noNaN: true }),
    fc.constantFrom(2 ** 53, -(2 ** 60), 1e300),
  ),
  day: fc.oneof(any, fc.constant(null), fc.constantFrom("2026-02-30", "2025-12-31", "2026-11-20T07:00:00Z")),
  kg: fc.oneof(not("number"), fc.constant(null), fc.double({ max: 29.99, noNaN: true }), fc.integer({ min: 201 })),
  kind: fc.oneof(any, fc.constant(null), surrogate),
  at: fc.oneof(any, fc.constant(null), fc.constantFrom("2030-01-01T00:00:01Z", "2026-11-20T25:00:00Z")),
  done: fc.oneof(not("boolean"), fc.constant(null), fc.constantFrom(0, 1, "true")),
  j: fc.oneof(fc.constant(null), surrogate, fc.constant({ a: ["\ud800"] }), fc.constant([NaN]), fc.constant(deep(200))),
  word: fc.oneof(any, fc.constant("2026-11-20T07:00:00Z")),
  note: fc.oneof(not("string"), surrogate),
}

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

/** A row with one thing wrong, and the field that it is wrong in. */
const badRow = fc.constantFrom(...(Object.keys(first) as Array<Name>)).chain((name) =>
  fc.oneof(
    { weight: 6, arbitrary: bad[name].map((value) => ({ row: { ...first, [name]: value }, field: name as string })) },
    { weight: 1, arbitrary: unwritable.map((value) => ({ row: { ...first, [name]: value }, field: name as string })) },
    {
      weight: 1,
      arbitrary: fc
        .string()
        .filter((other) => !(other in first))
        .map((other) => ({ row: { ...first, [other]: 1 }, field: other })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Name>("id", "day", "kg", "kind", "at", "done", "j", "word").map((missing) => {
        const { [missing]: _missing, ...row } = first
        return { row, field: missing as string }
      }),
    },
  ),
)

const sources: Readonly<Record<string, object>> = {
  csv: { source: "data/log.csv" },
  "a table": { source: "data/log.db", table: "log" },
}

describe.each(Object.entries(sources))("bad rows for %s", (_, source) => {
  it("10,000 of them are refused, each by its row and field, and none is written", { timeout: 300_000 }, () =>
    Effect.gen(function* () {
      const { root, layer } = yield* actionProject(declared(source))
      const file = path.join(root, (source as { readonly source: string }).source)
      let refused = 0
      yield* Effect.gen(function* () {
        yield* run({ action: "open", rows: [first, { ...first, note: null }] })
        const before = readFileSync(file)
        const checkpoints = yield* History.use((history) => history.list)
        const services = yield* Effect.context<Effect.Services<ReturnType<typeof run>>>()
        yield* Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(
              // No more of them than are told, among good ones.
              fc.array(fc.tuple(badRow, fc.nat(2)), { minLength: 20, maxLength: 20 }),
              fc.constantFrom("add", "rewrite"),
              async (bads, action) => {
                const rows: Array<unknown> = []
                const expected = bads.map(([{ row, field }, company]) => {
                  for (let at = 0; at < company; at++) rows.push(first)
                  rows.push(row)
                  return { action, call: 0, part: "rows" as const, row: rows.length - 1, field }
                })
                const error = await Effect.runPromiseWith(services)(Effect.flip(run({ action, rows })))
                if (error._tag !== "ActionRejected") throw error
                const told = error.problems.map(({ action, call, part, row, field }) => ({
                  action,
                  call,
                  part,
                  row,
                  field,
                }))
                assert.deepStrictEqual(told, expected)
                for (const { expected, got, message } of error.problems) {
                  assert.isNotEmpty(expected)
                  assert.isNotEmpty(got)
                  assert.notMatch(message, /undefined|\[object/)
                }
                refused += bads.length
              },
            ),
            { numRuns: 500, endOnFailure: true },
          ),
        )
        assert.isTrue(before.equals(readFileSync(file)))
        assert.deepStrictEqual(yield* History.use((history) => history.list), checkpoints)
      }).pipe(Effect.provide(layer))
      assert.isAtLeast(refused, 10_000)
    }).pipe(Effect.scoped, Effect.runPromise),
  )
})

const day = fc.date({ min: new Date("2026-01-01"), max: new Date("2029-12-31"), noInvalidDate: true })
const date = day.map((at) => at.toISOString().slice(0, 10))
const json = fc.jsonValue().filter((value) => value !== null)

/** What each field takes. */
const goodRow = fc.record(
  {
    id: fc.maxSafeInteger(),
    day: date,
    kg: fc.double({ min: 30, max: 200, noNaN: true }),
    kind: fc.constantFrom("run", "swim"),
    at: day.map((at) => at.toISOString()),
    done: fc.boolean(),
    j: json,
    word: date,
    note: fc.oneof(fc.constant(null), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })),
  },
  { requiredKeys: ["id", "day", "kg", "kind", "at", "done", "j", "word"] },
)

/** As JSON has it: that knows no -0, and a missing note is the default. */
const plain = (row: object): object =>
  JSON.parse(JSON.stringify({ note: null, ...row }, (_, value) => (typeof value === "bigint" ? Number(value) : value)))

describe.each([...Object.entries(sources), ["json lines", { source: "data/log.jsonl" }] as const])(
  "good rows for %s",
  (_, source) => {
    it("are all written, to the last character, and stay what they are", { timeout: 300_000 }, () =>
      Effect.gen(function* () {
        const { root, layer } = yield* actionProject(declared(source))
        yield* Effect.gen(function* () {
          yield* run({ action: "open", rows: [first, { ...first, note: null }] })
          const services = yield* Effect.context<Effect.Services<ReturnType<typeof run>> | DatasetStore>()
          const table = "table" in source ? { table: "log", format: "sqlite" as const } : {}
          const dataset = datasetAt(root, (source as { readonly source: string }).source, { name: "log", ...table })
          const held = DatasetStore.use((store) => Stream.runCollect(store.read(dataset))).pipe(
            Effect.map((batches) => batches.flat()),
          )
          const before = yield* DatasetStore.use((store) => store.contract(dataset))
          yield* Effect.promise(() =>
            fc.assert(
              fc.asyncProperty(fc.array(goodRow, { minLength: 1, maxLength: 20 }), async (rows) => {
                const { datasets } = await Effect.runPromiseWith(services)(run({ action: "rewrite", rows }))
                assert.strictEqual(datasets["log"]?.rows, rows.length)
                assert.deepStrictEqual((await Effect.runPromiseWith(services)(held)).map(plain), rows.map(plain))
              }),
              { numRuns: 60, endOnFailure: true },
            ),
          )
          assert.deepStrictEqual(yield* DatasetStore.use((store) => store.contract(dataset)), before)
        }).pipe(Effect.provide(layer))
      }).pipe(Effect.scoped, Effect.runPromise),
    )
  },
)
