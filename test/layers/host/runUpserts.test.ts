import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failing, succeeding, syncing as plain } from "../../fixtures/guest.ts"
import { placeOf } from "../../fixtures/journey.ts"

/** Output a is keyed by these columns. */
const keyed = (key: ReadonlyArray<string> = ["id"]) => ({ outputs: { a: { key } } })

const schemaImport = `import { z } from "zod"\n`
/** Output a has this schema. */
const checked = (schema: string, body: string) =>
  plain(body, "", schemaImport).replace("a: {}", `a: { schema: ${schema} }`)

describe.concurrent("ctx.upsert", () => {
  it.live("stages rows as insert does, in the order of the calls, and answers how many it took", () =>
    Effect.gen(function* () {
      const body = `
    ctx.log(await ctx.upsert("a", [{ id: 1, n: "x" }, { id: 2, n: "y" }]))
    ctx.log(await ctx.upsert("a", (async function* () { yield { id: 1, n: "z" } })()))`
      const contract = {
        columns: [
          { name: "id", type: "integer", optional: false },
          { name: "n", type: "string", optional: true },
        ],
      } as const
      const outputs = { a: { key: ["id"], codec: "csv", contract, columns: ["n", "id"] } } as const
      const { work, staged, lines } = yield* succeeding(plain(body), { outputs })
      assert.strictEqual(staged["a"], "x,1\ny,2\nz,1\n")
      assert.deepInclude(work.outputs[0], { mode: "upsert", shape: "segment", rows: 3 })
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["{ upserted: 2 }", "{ upserted: 1 }"],
      )
    }),
  )

  it.live("writes a whole file where the dataset is empty, or written afresh", () =>
    Effect.gen(function* () {
      const body = `
    for (const output of ["a", "b"]) await ctx.upsert(output, [{ id: 1 }])`
      const contract = { columns: [{ name: "id", type: "integer", optional: false }] } as const
      const outputs = {
        a: { key: ["id"], codec: "csv" },
        b: { key: ["id"], codec: "csv", contract, columns: ["id"], afresh: true },
      } as const
      const { work, staged } = yield* succeeding(plain(body), { outputs })
      assert.deepEqual(staged, { a: "id\n1\n", b: "id\n1\n" })
      assert.deepEqual(
        work.outputs.map(({ mode, shape }) => [mode, shape]),
        [
          ["upsert", "whole"],
          ["upsert", "whole"],
          [null, "whole"],
        ],
      )
    }),
  )

  for (const [what, row, got] of [
    ["no such column", "{ other: 1, more: null }", "none: the row has other, more"],
    ["undefined", "{ id: undefined }", "none: the row has no columns"],
    ["null", "{ id: null }", "null"],
    ["an object", "{ id: {} }", "an object"],
    ["an array", "{ id: [1] }", "an array"],
    [
      "a column that is inherited",
      "Object.create({ id: 1 }, { n: { value: 1, enumerable: true } })",
      "none: the row has n",
    ],
    ["a getter that throws", "{ get id() { throw 1 } }", "something that cannot be read"],
  ] as const) {
    it.live(`a key column needs a value: ${what}`, () =>
      Effect.gen(function* () {
        const { error } = yield* failing(plain(`await ctx.upsert("a", [{ id: 1 }, ${row}])`), keyed())
        assert.deepInclude(error, {
          _tag: "RowError",
          output: "a",
          row: 1,
          key: null,
          column: "id",
          expected: "a value, as it is part of the output's key",
          got,
        })
      }),
    )
  }

  it.live("each column of a key of several needs one; text, numbers, booleans, bigints and dates will do", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.upsert("a", [{ x: "", y: 0, z: false }, { x: 1n, y: new Date(0), z: "null" }])
    await ctx.upsert("a", [{ x: 1, y: 2, z: null }])`
      const { error } = yield* failing(plain(body), keyed(["x", "y", "z"]))
      assert.deepInclude(error, { _tag: "RowError", row: 2, key: "x 1, y 2", column: "z", got: "null" })
      assert.match(error.message, /^row 3 \(x 1, y 2\) of output "a" \(dataset "a_rows"\), column "z": /)
    }),
  )

  it.live("of an output without a key is an error at the call", () =>
    Effect.gen(function* () {
      const source = plain(`await ctx.upsert("a", [])`)
      const { error } = yield* failing(source)
      const { line } = placeOf(source, "ctx.upsert")
      assert.deepInclude(error, { _tag: "ConnectorFailed", file: "connectors/one/index.ts", line })
      assert.match(error.message, /ctx\.upsert\("a", rows\) needs the columns .*: outputs\.a\.key/)
    }),
  )

  for (const [first, then] of [
    ["insert", "upsert"],
    ["replace", "upsert"],
    ["upsert", "insert"],
    ["upsert", "replace"],
  ] as const) {
    it.live(`${then} cannot follow ${first} of the same output before the next commit`, () =>
      Effect.gen(function* () {
        const both = (between: string) => `
    await ctx.${first}("a", [{ id: 1 }])
    ${between}
    await ctx.${then}("a", [{ id: 2 }])`
        const { error } = yield* failing(plain(both("")), keyed())
        const { line } = placeOf(plain(both("")), `ctx.${then}("a", [{ id: 2 }])`)
        assert.deepInclude(error, { _tag: "ConnectorFailed", line })
        assert.match(error.message, new RegExp(`ctx\\.${then}\\("a", rows\\) cannot follow ctx\\.${first} of the same`))
        const { work, checkpoints } = yield* succeeding(plain(both("await ctx.checkpoint()")), keyed())
        assert.deepEqual([checkpoints[0]?.work.outputs[0]?.mode, work.outputs[0]?.mode], [first, then])
      }),
    )
  }
})

describe.concurrent("an output's schema", () => {
  it.live("makes the rows that are written", () =>
    Effect.gen(function* () {
      const schema = `z.object({ id: z.coerce.number(), at: z.string().transform((text) => new Date(text)), n: z.number().default(7) })`
      const body = `
    await ctx.insert("a", [{ id: "1", at: "2026-01-02", gone: true }])
    await ctx.insert("b", [{ id: "1", gone: true }])`
      const { staged } = yield* succeeding(checked(schema, body))
      assert.strictEqual(staged["a"], `{"id":1,"at":"2026-01-02T00:00:00.000Z","n":7}\n`)
      assert.strictEqual(staged["b"], `{"id":"1","gone":true}\n`)
    }),
  )

  it.live("comes before the key", () =>
    Effect.gen(function* () {
      const schema = `z.object({ name: z.string() }).transform(({ name }) => ({ id: name.toLowerCase() }))`
      const { staged } = yield* succeeding(checked(schema, `await ctx.upsert("a", [{ name: "A" }])`), keyed())
      assert.strictEqual(staged["a"], `{"id":"a"}\n`)
    }),
  )

  for (const [schema, row, expected] of [
    ["{ id: z.number() }", `{ id: "x" }`, { column: "id", expected: "number", got: '"x"' }],
    ["{ id: z.number().min(3) }", `{ id: 1 }`, { column: "id", expected: "number to be >=3", got: "1" }],
    ["{ id: z.number() }", `{}`, { column: "id", expected: "number", got: "undefined: the row has no columns" }],
    // Renamed by the provider.
    [
      "{ at: z.string(), kwh: z.number() }",
      `{ at: "secret", energy_kwh: 7, kwh: undefined }`,
      { column: "kwh", expected: "number", got: "undefined: the row has at, energy_kwh" },
    ],
    [
      "{ id: z.number() }",
      `Object.fromEntries(Array.from({ length: 15 }, (_, at) => ["c" + at, at]))`,
      {
        column: "id",
        expected: "number",
        got: `undefined: the row has ${Array.from({ length: 12 }, (_, at) => `c${at}`).join(", ")} and 3 more`,
      },
    ],
    ["{ id: z.number() }", `7`, { column: null, expected: "object", got: "7" }],
    [
      "{ tags: z.array(z.object({ id: z.string() })) }",
      `{ tags: [{ id: "a" }, { id: [] }] }`,
      { column: "tags[1].id", expected: "string", got: "an array" },
    ],
    [
      `{ id: z.string().refine((id) => id !== "x", "must not be x") }`,
      `{ id: "x" }`,
      { column: "id", expected: "what the output's schema takes (must not be x)", got: '"x"' },
    ],
  ] as const) {
    it.live(`refuses ${row} for ${schema}`, () =>
      Effect.gen(function* () {
        const body = `
    await ctx.insert("a", [])
    await ctx.insert("a", (function* () { yield ${row} })())`
        const source = checked(`z.object(${schema})`, body)
        const { error, staged } = yield* failing(source)
        assert.deepInclude(error, { _tag: "RowError", output: "a", dataset: "a_rows", row: 0, ...expected })
        const { line } = placeOf(source, 'ctx.insert("a", (function*')
        assert.include(error.message, `(connectors/one/index.ts:${line}:`)
        assert.strictEqual(staged["a"], "")
      }),
    )
  }

  it.live("that is asynchronous is an error that says so, also when it never ends", () =>
    Effect.gen(function* () {
      for (const refinement of ["async () => true", "() => new Promise(() => {})"]) {
        const schema = `z.object({ id: z.number().refine(${refinement}) })`
        const source = checked(schema, `await ctx.insert("a", [{ id: 1 }])`)
        const { error } = yield* failing(source)
        assert.deepInclude(error, { _tag: "ConnectorFailed", line: placeOf(source, "ctx.insert").line })
        assert.match(error.message, /ctx\.insert\("a", rows\) checks rows with an asynchronous schema/)
      }
    }),
  )

  it.live("whose own code throws is an error that says what, and on which row", () =>
    Effect.gen(function* () {
      const schema = `z.object({ id: z.number().transform(() => { throw new Error("no luck") }) })`
      const { error } = yield* failing(checked(schema, `await ctx.insert("a", [{ id: 1 }])`))
      assert.strictEqual(error._tag, "ConnectorFailed")
      assert.match(error.message, /has a schema that threw on row 1: no luck/)
      const upserted = checked(schema, `await ctx.upsert("a", [{ id: 7 }])`)
      const told = (yield* failing(upserted, keyed())).error.message
      assert.match(told, /has a schema that threw on row 1 \(id 7\): no luck/)
    }),
  )
})
