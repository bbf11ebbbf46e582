import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SchemaDrift } from "../../../src/services/domain/SchemaDrift.ts"
import { failing, succeeding, syncing } from "../../fixtures/guest.ts"
import { placeOf } from "../../fixtures/journey.ts"

const pages = (...numbers: ReadonlyArray<number>): string =>
  numbers.map((page) => `{"page":${page},"row":1}\n{"page":${page},"row":2}\n`).join("")

/** Checkpoints that its code asks for behind the runtime's back, and then one as it should be. */
const forging = (times: number) => `
    const forged = ["a", "b", "c"].map((output) => ({ output, mode: null, shape: "whole", rows: 0, columns: [], headerColumns: 0 }))
    const text = JSON.stringify({ type: "checkpoint", outputs: forged, state: "{}" }) + "\\n"
    for (let n = 0; n < ${times}; n++) {
      for (let at = 0; at < text.length; ) {
        // Where the channel is full, the host waits for its answers to be taken, which spinning here would prevent.
        try { at += fs.writeSync(3, text.slice(at)) } catch { await new Promise((resolve) => setTimeout(resolve, 1)) }
      }
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await ctx.insert("a", [{ id: 1 }])
    ctx.state.page = 1
    ctx.log(await ctx.checkpoint())`

describe.concurrent("ctx.checkpoint()", () => {
  it.live("commits what was written so far with ctx.state, and the run goes on from there", () =>
    Effect.gen(function* () {
      const body = `
    for (let page = 1; page <= 3; page++) {
      await ctx.insert("a", [{ page, row: 1 }, { page, row: 2 }])
      if (page === 2) {
        await ctx.insert("b", [{ page }])
        continue
      }
      ctx.state.page = page
      ctx.log((await ctx.checkpoint()).checkpoint_id)
      if (page === 1) await ctx.insert("b", [{ page: 0 }])
      if (page === 1) ctx.log((await ctx.checkpoint()).checkpoint_id)
    }
    await ctx.insert("a", [{ page: 4 }])
    ctx.state.page = 4`
      const { work, staged, checkpoints, lines } = yield* succeeding(syncing(body))
      const seen = checkpoints.map(({ work, staged: { a, b } }) => ({
        staged: [a, b],
        state: work.state,
        written: work.outputs.flatMap(({ output, mode, rows }) => (mode === null ? [] : [`${output} ${mode} ${rows}`])),
      }))
      assert.deepEqual(seen, [
        { staged: [pages(1), ""], state: `{"page":1}`, written: ["a insert 2"] },
        { staged: ["", `{"page":0}\n`], state: `{"page":1}`, written: ["b insert 1"] },
        { staged: [pages(2, 3), `{"page":2}\n`], state: `{"page":3}`, written: ["a insert 4", "b insert 1"] },
      ])
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["c1", "c2", "c3"],
      )
      assert.deepEqual(staged, { a: `{"page":4}\n`, b: "" })
      assert.deepInclude(work, { state: `{"page":4}` })
      assert.deepInclude(work.outputs[0], { mode: "insert", rows: 1 })
    }),
  )

  it.live("with nothing new is none", () =>
    Effect.gen(function* () {
      const body = `
    ctx.log(await ctx.checkpoint())
    ctx.state = { page: 1 }
    ctx.log(await ctx.checkpoint())
    ctx.log(await ctx.checkpoint())`
      const { checkpoints, lines } = yield* succeeding(syncing(body))
      assert.lengthOf(checkpoints, 1)
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["{ checkpoint_id: null }", "{ checkpoint_id: 'c1' }", "{ checkpoint_id: null }"],
      )
    }),
  )

  it.live("goes on under the plans that come back", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.insert("a", [{ id: 1, n: "x" }])
    await ctx.checkpoint()
    await ctx.insert("a", [{ n: "y", id: 2 }])`
      const contract = {
        columns: [
          { name: "id", type: "integer", optional: false },
          { name: "n", type: "string", optional: true },
        ],
      } as const
      const { work, staged, checkpoints } = yield* succeeding(syncing(body), {
        outputs: { a: { codec: "csv" } },
        goingOn: { a: { contract, columns: ["id", "n"] } },
      })
      assert.strictEqual(checkpoints[0]?.staged["a"], "id,n\n1,x\n")
      assert.strictEqual(staged["a"], "2,y\n")
      assert.deepInclude(work.outputs[0], { shape: "segment", rows: 1 })
    }),
  )

  it.live("waits for the calls that are under way, and one that nobody awaits is in as well", () =>
    Effect.gen(function* () {
      const body = `
    let go
    void ctx.insert("a", (async function* () {
      yield { id: 1 }
      await new Promise((resolve) => (go = resolve))
      yield { id: 2 }
    })())
    while (go === undefined) await null
    ctx.state.page = 1
    void ctx.checkpoint()
    ctx.state.page = 2
    go()`
      const { work, checkpoints } = yield* succeeding(syncing(body))
      assert.strictEqual(checkpoints[0]?.staged["a"], `{"id":1}\n{"id":2}\n`)
      assert.strictEqual(checkpoints[0]?.work.state, `{"page":1}`)
      assert.deepInclude(work, { state: `{"page":2}` })
      assert.isNull(work.outputs[0]?.mode)
    }),
  )

  it.live("rows go on being counted", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.insert("a", [{ id: 1 }, { id: 2 }])
    await ctx.checkpoint()
    await ctx.insert("a", [{ id: 3 }])
    await ctx.checkpoint()
    await ctx.insert("a", [{ id: 4 }])
    await new Promise((resolve) => setTimeout(resolve, 600))`
      const { progress } = yield* succeeding(syncing(body))
      assert.deepEqual(progress.at(-1), { a: 4, b: 0, c: 0 })
    }),
  )

  for (const [what, body, blamed, message] of [
    [
      "writing while one is under way",
      `ctx.state.page = 1
    const committed = ctx.checkpoint()
    await ctx.insert("a", [{ id: 2 }])`,
      `ctx.insert("a", [{ id: 2 }])`,
      /ctx\.insert\("a", rows\) was called while ctx\.checkpoint\(\) was under way: await that first/,
    ],
    [
      "another while one is under way",
      `ctx.state.page = 1
    await Promise.all([ctx.checkpoint(), (0, ctx.checkpoint)()])`,
      `(0, ctx.checkpoint)`,
      /ctx\.checkpoint\(\) was called while ctx\.checkpoint\(\) was under way/,
    ],
    [
      "one in the rows that a call is taking, which would wait for itself",
      `await ctx.insert("a", (async function* () {
      yield { id: 1 }
      await null
      await ctx.checkpoint()
    })())`,
      "ctx.checkpoint()",
      /ctx\.checkpoint\(\) was called by the very rows that a call is taking/,
    ],
    [
      "one that would keep a moved cursor with a dataset half pulled",
      `await ctx.replace("b", [{ id: 1 }])
    ctx.state.page = 1
    await ctx.checkpoint()`,
      "ctx.checkpoint()",
      /would keep a changed ctx\.state with output "b" perhaps half pulled/,
    ],
    [
      "a state that is not JSON",
      `ctx.state.page = new Map()
    await ctx.checkpoint()`,
      "ctx.checkpoint()",
      /ctx\.state\.page is an object of type Map/,
    ],
  ] as const) {
    it.live(`refuses ${what}`, () =>
      Effect.gen(function* () {
        const source = syncing(`    ${body}`)
        const { error, checkpoints } = yield* failing(source)
        assert.include(["ConnectorFailed", "StateNotJson"], error._tag)
        assert.match(error.message, message)
        const { line } = placeOf(source, blamed)
        assert.include(error.message, `(connectors/one/index.ts:${line}:`)
        // One that was under way by then may have been asked for.
        for (const { work } of checkpoints) assert.strictEqual(work.state, `{"page":1}`)
      }),
    )
  }

  it.live("after a replace keeps an untouched cursor, and afterwards that may move", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.replace("a", [{ id: 1 }])
    await ctx.checkpoint()
    ctx.state.page = 1
    await ctx.insert("a", [{ id: 2 }])
    await ctx.checkpoint()`
      const { checkpoints } = yield* succeeding(syncing(body), { job: { state: { page: 0 } } })
      assert.deepEqual(
        checkpoints.map(({ work }) => [work.state, work.outputs[0]?.mode]),
        [
          [`{"page":0}`, "replace"],
          [`{"page":1}`, "insert"],
        ],
      )
    }),
  )

  it.live("that fails is the run's failure, and the guest is gone", () =>
    Effect.gen(function* () {
      const nothing = { added: [], missing: [], retyped: [], recased: [], settleable: [] }
      const drift = new SchemaDrift({ dataset: "a_rows", output: "a", onDrift: "reject", ...nothing })
      const body = `
    await ctx.insert("a", [{ id: 1 }])
    try { await ctx.checkpoint() } finally { ctx.log("went on") }`
      const { error, lines } = yield* failing(syncing(body), { job: { onCheckpoint: () => Effect.fail(drift) } })
      assert.strictEqual<unknown>(error, drift)
      assert.deepEqual(lines, [])
    }),
  )

  it.live("under way when the time is up is done first, and then the guest is gone", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const onCheckpoint = () =>
        Effect.gen(function* () {
          events.push("begun")
          yield* Effect.sleep("3500 millis")
          events.push("committed")
          return { checkpoint_id: "c1", outputs: [] }
        })
      const body = `
    ctx.state.page = 1
    await ctx.checkpoint()
    await new Promise(() => {})`
      const { error } = yield* failing(syncing(body), { job: { onCheckpoint, timeout: 3_000 } })
      assert.strictEqual(error._tag, "ConnectorTimeout")
      assert.deepEqual(events, ["begun", "committed"])
    }),
  )

  it.live("is forged no more often than it may be called, and answers that nobody asked for are nothing", () =>
    Effect.gen(function* () {
      const top = `import fs from "node:fs"\n`
      let asked = 0
      const permissions = { read: ["/tmp"], net: null }
      const { error } = yield* failing(syncing(forging(12_000), "", top), {
        job: {
          permissions,
          timeout: 100_000,
          onCheckpoint: () => Effect.sync(() => ({ checkpoint_id: `c${++asked}`, outputs: [] })),
        },
      })
      assert.deepInclude(error, { _tag: "ConnectorCrashed", detail: "it sent what a connector cannot send" })
      assert.strictEqual(asked, 10_000)
      // Now and then the guest was done, and gone, while its host still answered what had been forged: its own answer was lost.
      for (let run = 0; run < 10; run++) {
        const { checkpoints } = yield* succeeding(syncing(forging(3), "", top), { job: { permissions } })
        assert.lengthOf(checkpoints, 4)
      }
    }),
  )

  it.live("is not misled by builtins that the connector replaced", () =>
    Effect.gen(function* () {
      const body = `
    JSON.stringify = () => "{}"
    Map.prototype.get = Map.prototype.set = () => undefined
    Array.prototype[Symbol.iterator] = function* () {}
    Object.prototype.propertyIsEnumerable = () => true
    Object.keys = () => []
    await ctx.upsert("a", [{ id: 1 }])
    ctx.state.page = 1
    await ctx.checkpoint()
    await ctx.insert("b", [{ id: 2 }])`
      const { work, staged, checkpoints } = yield* succeeding(syncing(body), { outputs: { a: { key: ["id"] } } })
      assert.strictEqual(checkpoints[0]?.staged["a"], `{"id":1}\n`)
      assert.deepInclude(checkpoints[0]?.work, { state: `{"page":1}` })
      assert.deepInclude(work.outputs[1], { mode: "insert", rows: 1 })
      assert.strictEqual(staged["b"], `{"id":2}\n`)
    }),
  )
})
