import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failing, succeeding, syncing } from "../../fixtures/guest.ts"
import { placeOf } from "../../fixtures/journey.ts"

const modes = (work: { readonly outputs: ReadonlyArray<{ output: string; mode: string | null; rows: number }> }) =>
  work.outputs.map(({ output, mode, rows }) => [output, mode, rows])

const threeIds = {
  columns: [
    { name: "id", type: "integer", optional: false },
    { name: "name", type: "string", optional: true },
  ],
} as const

describe.concurrent("what sync(ctx) is given", () => {
  it.live("config, as the connector's schema made it", () =>
    Effect.gen(function* () {
      const schema = `config: z.object({ since: z.string().transform((text) => new Date(text)), days: z.number().default(3) }),`
      const body = `    ctx.log(ctx.config.since instanceof Date ? ctx.config.since.getUTCFullYear() + ctx.config.days : "text")`
      const { lines } = yield* succeeding(syncing(body, schema, `import { z } from "zod"\n`), {
        job: { config: { since: "2026-02-03" } },
      })
      assert.deepEqual(lines, [{ stream: "log", text: "2029" }])
    }),
  )

  it.live("a config that the schema refuses is an error that says where", () =>
    Effect.gen(function* () {
      const source = syncing("", `config: z.object({ days: z.number() }),`, `import { z } from "zod"\n`)
      const { error } = yield* failing(source, { job: { config: { days: "three" } } })
      assert.strictEqual(error._tag, "ConnectorFailed")
      assert.match(error.message, /config days: .*expected number/)
    }),
  )

  it.live("undefined for what it didn't declare; secrets and tokens cannot be changed", () =>
    Effect.gen(function* () {
      const body = `
    ctx.log([ctx.config, ctx.tokens, Object.keys(ctx.secrets).length, ctx.secrets.toString, ctx.state])
    for (const change of [() => (ctx.secrets.x = 1), () => (ctx.config = 1), () => (ctx.more = 1), () => (ctx.insert = 1)]) {
      try { change(); ctx.log("changed") } catch (error) { ctx.log(error.name) }
    }`
      const { lines } = yield* succeeding(syncing(body))
      const texts = lines.map(({ text }) => text)
      assert.deepEqual(texts, ["[ undefined, undefined, 0, undefined, {} ]", ...Array<string>(4).fill("TypeError")])
    }),
  )

  it.live("secrets and tokens by name, none in the environment", () =>
    Effect.gen(function* () {
      const body = `    ctx.log([ctx.secrets.KEY, ctx.tokens.accessToken, JSON.stringify(process.env).includes("t0p")])`
      const credentials = { secrets: { KEY: "t0p-secret" }, tokens: { accessToken: "t0p-token" } }
      const { lines } = yield* succeeding(syncing(body), { job: { credentials } })
      assert.strictEqual(lines[0]?.text, `[ 't0p-secret', 't0p-token', false ]`)
    }),
  )
})

describe.concurrent("insert and replace", () => {
  it.live("take arrays, iterables and async iterables, and answer how many rows they took", () =>
    Effect.gen(function* () {
      const body = `
    ctx.log(await ctx.insert("a", [{ id: 1 }, { id: 2 }]))
    ctx.log(await ctx.insert("a", new Set([{ id: 3 }])))
    ctx.log(await ctx.insert("a", (function* () { yield { id: 4 } })()))
    ctx.log(await ctx.insert("a", (async function* () { yield { id: 5 }; yield { id: 6 } })()))
    ctx.log(await ctx.insert("a", []))
    ctx.log(await ctx.replace("b", new ReadableStream({ start(c) { c.enqueue({ id: 7 }); c.close() } })))`
      const { work, staged, lines } = yield* succeeding(syncing(body))
      assert.strictEqual(staged["a"], [1, 2, 3, 4, 5, 6].map((id) => `{"id":${id}}\n`).join(""))
      assert.strictEqual(staged["b"], `{"id":7}\n`)
      assert.deepEqual(
        lines.map(({ text }) => text),
        [2, 1, 1, 2, 0].map((count) => `{ inserted: ${count} }`).concat("{ replaced: 1 }"),
      )
      assert.deepEqual(modes(work), [
        ["a", "insert", 6],
        ["b", "replace", 1],
        ["c", null, 0],
      ])
    }),
  )

  it.live("replace discards what the run wrote before, and insert adds to the new content", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.insert("a", Array.from({ length: 20_000 }, (_, id) => ({ id, gone: "yes" })))
    await ctx.replace("a", [{ id: 1 }])
    await ctx.insert("a", [{ id: 2 }])
    await ctx.insert("b", [{ id: 1 }])
    await ctx.replace("b", [])`
      const { work, staged } = yield* succeeding(syncing(body))
      assert.deepEqual(staged, { a: `{"id":1}\n{"id":2}\n`, b: "" })
      assert.deepEqual(modes(work).slice(0, 2), [
        ["a", "replace", 2],
        ["b", "replace", 0],
      ])
      assert.deepEqual(
        work.outputs[0]?.columns.map(({ name }) => name),
        ["id"],
      )
    }),
  )

  it.live("an insert still under way when replace is called counts as before it", () =>
    Effect.gen(function* () {
      const body = `
    let go
    const slow = ctx.insert("a", (async function* () {
      yield { id: 1 }
      await new Promise((resolve) => (go = resolve))
      yield { id: 2 }
    })())
    while (go === undefined) await null
    await ctx.replace("a", [{ id: 3 }])
    go()
    await slow
    await ctx.insert("a", [{ id: 4 }])`
      const { staged } = yield* succeeding(syncing(body))
      assert.strictEqual(staged["a"], `{"id":3}\n{"id":4}\n`)
    }),
  )

  it.live("write a segment where there is a contract, a whole file where there is none or it is replaced", () =>
    Effect.gen(function* () {
      const body = `
    for (const name of ["a", "b"]) await ctx.insert(name, [{ name: "x, y", id: 1 }, { id: 2 }])
    await ctx.replace("c", [{ id: 3 }])
    await ctx.replace("d", [])`
      const csv = { codec: "csv", eol: "\r\n" } as const
      const settled = { ...csv, contract: threeIds, columns: ["name", "id"] }
      const source = syncing(body).replace("c: {}", "c: {}, d: {}")
      const outputs = { a: csv, b: settled, c: { ...settled, dataset: "c_rows" }, d: settled }
      const { work, staged } = yield* succeeding(source, { outputs })
      assert.deepEqual(staged, {
        a: `name,id\r\n"x, y",1\r\n,2\r\n`,
        b: `"x, y",1\r\n,2\r\n`,
        c: `name,id\r\n,3\r\n`,
        d: `name,id\r\n`,
      })
      assert.deepEqual(
        work.outputs.map(({ shape, headerColumns }) => [shape, headerColumns]),
        [
          ["whole", 2],
          ["segment", 2],
          ["whole", 2],
          ["whole", 2],
        ],
      )
    }),
  )

  it.live("leave drift to the store: they report what they saw", () =>
    Effect.gen(function* () {
      const body = `    ctx.log(await ctx.insert("a", [{ id: 1 }, { id: "two", more: true }]))`
      const { work, lines } = yield* succeeding(syncing(body), { outputs: { a: { contract: threeIds } } })
      assert.strictEqual(lines[0]?.text, "{ inserted: 2 }")
      const [a] = work.outputs
      assert.deepEqual(a?.columns.find(({ name }) => name === "id")?.seen, [
        { type: "integer", row: 0 },
        { type: "string", row: 1, value: '"two"' },
      ])
      assert.strictEqual(a?.columns.find(({ name }) => name === "more")?.firstRow, 1)
    }),
  )

  it.live("check and count the rows of an output without a dataset", () =>
    Effect.gen(function* () {
      const { work } = yield* succeeding(syncing(`    await ctx.insert("c", [{ id: 1 }, { id: 2 }])`))
      assert.deepEqual(modes(work)[2], ["c", "insert", 2])
      const { error } = yield* failing(syncing(`    await ctx.insert("c", [{ id: 1 }, { id: NaN }])`))
      assert.deepInclude(error, { _tag: "RowError", output: "c", dataset: null, row: 1, column: "id", got: "NaN" })
    }),
  )

  it.live("calls that nobody awaits are in, or fail the run", () =>
    Effect.gen(function* () {
      const body = `
    const later = async function* () {
      for (let id = 0; id < 5; id++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        yield { id }
      }
    }
    void ctx.insert("a", later())
    const page = [{ id: 9 }]
    void ctx.insert("b", page)
    page.length = 0
    void Promise.all([ctx.insert("c", later()), ctx.insert("c", later())])`
      const { work, staged } = yield* succeeding(syncing(body))
      assert.strictEqual(staged["a"]?.split("\n").length, 6)
      assert.strictEqual(staged["b"], `{"id":9}\n`)
      assert.deepEqual(modes(work)[2], ["c", "insert", 10])
      const bad = syncing(body.replace("yield { id }", "yield { id: id === 4 ? NaN : id }"))
      assert.strictEqual((yield* failing(bad)).error._tag, "RowError")
    }),
  )

  it.live("tell how far they are a few times a second", () =>
    Effect.gen(function* () {
      const body = `
    const until = Date.now() + 1500
    for (let id = 0; Date.now() < until; id++) await ctx.insert("a", [{ id }])`
      const { work, progress } = yield* succeeding(syncing(body))
      assert.isAtLeast(progress.length, 3)
      assert.isAtMost(progress.length, 7)
      const counts = progress.map((rows) => rows["a"] ?? -1)
      assert.deepEqual(
        counts,
        counts.toSorted((one, other) => one - other),
      )
      assert.isAtMost(counts.at(-1)!, work.outputs[0]!.rows)
      assert.isAbove(counts[0]!, 0)
    }),
  )
})

const stateAfter = (body: string, state: unknown = {}) =>
  succeeding(syncing(body), { job: { state } }).pipe(Effect.map(({ work }) => work.state))

describe.concurrent("ctx.state", () => {
  it.live("is what the last run left, changed or replaced as a whole", () =>
    Effect.gen(function* () {
      const before = { cursor: 41, nested: { at: "x" } }
      assert.strictEqual(yield* stateAfter("", before), `{"cursor":41,"nested":{"at":"x"}}`)
      assert.strictEqual(
        yield* stateAfter("    ctx.state.cursor++\n    delete ctx.state.nested", before),
        `{"cursor":42}`,
      )
      assert.strictEqual(
        yield* stateAfter(`    ctx.state = { fresh: [1, null, "two"] }`, before),
        `{"fresh":[1,null,"two"]}`,
      )
    }),
  )

  it.live("leaves undefined out and writes a Date as text", () =>
    Effect.gen(function* () {
      const body = `    ctx.state = { gone: undefined, at: new Date(0), toString: 1, list: [undefined], ["__proto__"]: 2 }`
      const text = `{"at":"1970-01-01T00:00:00.000Z","toString":1,"list":[null],"__proto__":2}`
      assert.strictEqual(yield* stateAfter(body), text)
    }),
  )

  const refused: ReadonlyArray<readonly [string, RegExp]> = [
    [`ctx.state.pages = [{ at: NaN }]`, /ctx\.state\.pages\[0\]\.at is NaN/],
    [`ctx.state.seen = new Map()`, /ctx\.state\.seen is .*Map/],
    [`ctx.state.next = () => 1`, /ctx\.state\.next is a function/],
    [`ctx.state.id = 12345678901234567890n`, /ctx\.state\.id is 12345678901234567890n/],
    [`ctx.state.id = Symbol("x")`, /ctx\.state\.id is a symbol/],
    [`ctx.state[Symbol("x")] = 1`, /ctx\.state is a symbol/],
    [`ctx.state.self = ctx.state`, /cyclic/],
    [`ctx.state = undefined`, /must be an object, and is undefined/],
    [`ctx.state = [1]`, /must be an object, and is an array/],
    [`ctx.state.text = "\\ud800"`, /ctx\.state\.text is a lone surrogate/],
    [`ctx.state.big = "x".repeat(5_000_000)`, /5000010 characters/],
  ]
  for (const [code, message] of refused) {
    it.live(`refuses ${code.slice(0, 40)}`, () =>
      Effect.gen(function* () {
        const { error } = yield* failing(syncing(`    await ctx.insert("a", [{ id: 1 }])\n    ${code}`))
        assert.strictEqual(error._tag, "StateNotJson")
        assert.match(error.message, message)
      }),
    )
  }
})

describe.concurrent("a row or an output that cannot be", () => {
  it.live("is blamed on the call, also from a helper file below async frames", () =>
    Effect.gen(function* () {
      const helper = `export const save = async (ctx, rows) => {\n  await null\n  for (const row of rows) {\n    await ctx.insert("a", [row])\n  }\n}\n`
      const source = syncing(`    await save(ctx, [{ id: 1 }, { id: () => 1 }])`, "", `import { save } from "./save"\n`)
      const { error } = yield* failing(source, { files: { "connectors/one/save.ts": helper } })
      const { line } = placeOf(helper, "ctx.insert")
      assert.deepInclude(error, { _tag: "RowError", row: 1, column: "id", got: "a function", dataset: "a_rows" })
      assert.match((error as { source: string }).source, new RegExp(`^connectors/one/save.ts:${line}:\\d+$`))
    }),
  )

  for (const name of ["d", "toString", "__proto__", "constructor", "A"]) {
    it.live(`has no output named ${name}`, () =>
      Effect.gen(function* () {
        const source = syncing(`    try { await ctx.insert(${JSON.stringify(name)}, [{ id: 1 }]) } catch {}`)
        const { error } = yield* failing(source)
        assert.deepInclude(error, {
          _tag: "UnknownOutput",
          connector: "one",
          output: name,
          path: `connectors.one.datasets.${name}`,
          file: "connectors/one/index.ts",
          line: placeOf(source, "await ctx.insert").line,
          didYouMean: name.length === 1 ? "a" : null,
        })
        assert.deepEqual((error as { outputs: ReadonlyArray<string> }).outputs, ["a", "b", "c"])
      }),
    )
  }

  const misused: ReadonlyArray<readonly [string, RegExp]> = [
    [`ctx.insert("a", { id: 1 })`, /ctx\.insert\("a", rows\) takes an array.* was given an object/],
    [`ctx.replace("a", "text")`, /ctx\.replace\("a", rows\) takes .* was given "text"/],
    [`ctx.insert("a")`, /given undefined/],
    [`ctx.insert("a", null)`, /given null/],
    [`ctx.insert("a", Promise.resolve([]))`, /given a promise: await it first/],
    [`ctx.insert("a", function* () { yield { id: 1 } })`, /given a function/],
  ]
  for (const [call, message] of misused) {
    it.live(`says what came instead of rows: ${call.slice(0, 40)}`, () =>
      Effect.gen(function* () {
        const source = syncing(`    await ${call}`)
        const { error } = yield* failing(source)
        assert.deepInclude(error, {
          _tag: "ConnectorFailed",
          file: "connectors/one/index.ts",
          line: placeOf(source, call).line,
        })
        assert.match(error.message, message)
      }),
    )
  }
})
