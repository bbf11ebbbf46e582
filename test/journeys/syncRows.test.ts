import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesOf,
  historyAt,
  oneOutput,
  projectOf,
  rollbackAt,
  statusAt,
  syncAt,
  synced,
  syncing,
  tagOf,
} from "../fixtures/syncing.ts"

const read = (root: string, file: string) => readFileSync(path.join(root, file), "utf8")
const contract = (root: string) =>
  JSON.parse(read(root, ".openislands/contracts/rows.json")) as {
    readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string; readonly optional: boolean }>
  }
const types = (root: string) => Object.fromEntries(contract(root).columns.map(({ name, type }) => [name, type]))

/** A connector that does the first of these in its first sync, the second in its second, and so on. */
const steps = (...bodies: ReadonlyArray<string>): string =>
  `    const step = (ctx.state.step as number | undefined) ?? 0
    ctx.state.step = step + 1
${bodies.map((body, at) => `    if (step === ${at}) {\n      ${body}\n    }`).join("\n")}`

for (const format of ["csv", "jsonl"]) {
  const file = `data/rows.${format}`
  const project = (...bodies: ReadonlyArray<string>) => temporaryProject(oneOutput(steps(...bodies), `rows.${format}`))

  describe.concurrent(`${format}: rows`, () => {
    it.live("with nulls, in a column that has been settled and in one that has not", () =>
      Effect.gen(function* () {
        const root = yield* project(
          `await ctx.insert("rows", [{ id: 1, name: "a", later: null }])`,
          `await ctx.insert("rows", [{ id: 2, name: null, later: null }, { id: 3, later: 7 }])`,
          `await ctx.insert("rows", [{ id: 4, name: "", later: null }])`,
        )
        yield* synced(root)
        assert.deepEqual(types(root), { id: "integer", name: "string", later: "unknown" })
        yield* synced(root)
        assert.deepEqual(types(root), { id: "integer", name: "string", later: "integer" })
        yield* synced(root)
        assert.strictEqual(
          read(root, file),
          format === "csv"
            ? 'id,name,later\n1,a,\n2,,\n3,,7\n4,"",\n'
            : '{"id":1,"name":"a","later":null}\n{"id":2,"name":null,"later":null}\n{"id":3,"later":7}\n{"id":4,"name":"","later":null}\n',
        )
      }),
    )

    it.live(`"00123" stays a text, in the file and for the next sync`, () =>
      Effect.gen(function* () {
        const root = yield* project(
          `await ctx.insert("rows", [{ zip: "00123" }])`,
          `await ctx.insert("rows", [{ zip: "00456" }])`,
          `await ctx.insert("rows", [{ zip: 789 }])`,
        )
        yield* synced(root)
        yield* synced(root)
        assert.strictEqual(
          read(root, file),
          format === "csv" ? "zip\n00123\n00456\n" : '{"zip":"00123"}\n{"zip":"00456"}\n',
        )
        assert.deepEqual(types(root), { zip: "string" })
        const drifted = yield* syncAt(root)
        assert.strictEqual(drifted.errorTag, "SchemaDrift")
      }),
    )

    it.live("100,000 of a first write, the last of which has a new column", () =>
      Effect.gen(function* () {
        const root = yield* project(
          `await ctx.insert("rows", (function* () {
        for (let id = 1; id < 100_000; id++) yield { id, name: "a, b" }
        yield { id: 100_000, name: "c", extra: "x" }
      })())`,
          `await ctx.insert("rows", [{ id: 100_001, name: "d", extra: "y" }])`,
        )
        const { run } = yield* synced(root)
        assert.strictEqual(run.datasets["rows"]?.rows, 100_000)
        yield* synced(root)
        const lines = read(root, file).trimEnd().split("\n")
        assert.deepEqual(types(root), { id: "integer", name: "string", extra: "string" })
        if (format === "csv") {
          assert.lengthOf(lines, 100_002)
          assert.deepEqual([lines[0], lines[1]], ["id,name,extra", '1,"a, b",'])
          assert.isTrue(lines.every((line, at) => at === 0 || line.split(",").length === (at < 100_000 ? 4 : 3)))
        } else assert.lengthOf(lines, 100_001)
        assert.strictEqual(
          lines.slice(-2).join("\n"),
          format === "csv"
            ? "100000,c,x\n100001,d,y"
            : '{"id":100000,"name":"c","extra":"x"}\n{"id":100001,"name":"d","extra":"y"}',
        )
        yield* rollbackAt(root)
        yield* rollbackAt(root)
        assert.isFalse(existsSync(path.join(root, file)))
        assert.deepEqual(bytesOf(root), {})
      }),
    )

    it.live("replaced by none keep their columns; inserting none changes nothing", () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(
          oneOutput(
            `    const { n = 0 } = ctx.state as { n?: number }
    ctx.state.n = n === 0 ? 1 : 2
    if (n === 0) await ctx.insert("rows", [{ id: 1, name: "a" }])
    else if (n === 1) await ctx.replace("rows", [])
    else await ctx.insert("rows", [])`,
            `rows.${format}`,
          ),
        )
        yield* synced(root)
        const before = bytesOf(root)
        const emptied = yield* synced(root)
        assert.deepEqual(emptied.run.datasets, { rows: { output: "rows", mode: "replace", rows: 0 } })
        assert.strictEqual(read(root, file), format === "csv" ? "id,name\n" : "")
        assert.deepEqual(types(root), { id: "integer", name: "string" })
        const after = bytesOf(root)
        assert.isNull((yield* synced(root)).run.checkpoint_id)
        assert.deepEqual(bytesOf(root), after)
        yield* rollbackAt(root)
        assert.deepEqual(bytesOf(root), before)
      }),
    )
  })
}

describe.concurrent("a file that the user brought", () => {
  for (const [name, brought, added] of [
    ["a byte order mark, CRLF and no final newline", '\uFEFFname,id\r\n"x, y",1\r\nz,2', "\r\nnew,3\r\n"],
    ["LF and a final newline", "name,id\nz,2\n", "new,3\n"],
    ["no final newline", "name,id\nz,2", "\nnew,3\n"],
    ["a header only", "name,id\n", null],
  ] as const) {
    it.live(`with ${name}: keeps its bytes as rows are added, and gets all of them back`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({
          ...oneOutput(`    await ctx.insert("rows", [{ id: 3, name: "new" }])`),
          "data/rows.csv": brought,
        })
        yield* synced(root)
        // A header alone is an empty dataset: the first write settles it.
        assert.strictEqual(read(root, "data/rows.csv"), added === null ? "id,name\n3,new\n" : brought + added)
        assert.deepEqual(types(root), { id: "integer", name: "string" })
        yield* rollbackAt(root)
        assert.deepEqual(bytesOf(root), { "data/rows.csv": Buffer.from(brought).toString("latin1") })
      }),
    )
  }

  it.live("of JSON lines without a final newline", () =>
    Effect.gen(function* () {
      const brought = '{"id":1,"tags":["a"]}\r\n{"id":2,"tags":[]}'
      const root = yield* temporaryProject({
        ...oneOutput(`    await ctx.insert("rows", [{ id: 3, tags: [{ b: 1 }] }])`, "rows.ndjson"),
        "data/rows.ndjson": brought,
      })
      yield* synced(root)
      assert.strictEqual(read(root, "data/rows.ndjson"), `${brought}\n{"id":3,"tags":[{"b":1}]}\n`)
      yield* rollbackAt(root)
      assert.strictEqual(read(root, "data/rows.ndjson"), brought)
    }),
  )
})

describe.concurrent("outputs", () => {
  it.live("that are mapped to no dataset: rows are checked, counted and dropped", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(
          steps(
            `await ctx.insert("rows", [{ id: 1 }])\n      await ctx.insert("more", [{ a: 1 }, { b: "x" }])`,
            `await ctx.insert("more", [{ a: 1 }])`,
            `await ctx.insert("more", [{ a: NaN }])`,
          ),
        ),
      )
      const { run } = yield* synced(root)
      assert.deepInclude(run, {
        datasets: { rows: { output: "rows", mode: "insert", rows: 1 } },
        dropped: { more: 2 },
      })
      assert.deepEqual(Object.keys(bytesOf(root)).toSorted(), [
        ".openislands/contracts/rows.json",
        ".openislands/state/one.json",
        "data/rows.csv",
      ])
      const { stdout } = yield* openislands(["sync"], { cwd: root })
      assert.include(stdout, '1 row of output "more" goes to no dataset')
      const refused = yield* syncAt(root)
      assert.strictEqual(refused.errorTag, "RowError")
    }),
  )

  for (const output of ["rowz", "toString", "__proto__", "constructor", "hasOwnProperty", ""]) {
    it.live(`that are not declared, as ${JSON.stringify(output)}: an error, caught or not`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(
          oneOutput(`    await ctx.insert("rows", [{ id: 1 }])
    await ctx.insert(${JSON.stringify(output)} as never, [{ id: 1 }]).catch(() => {})`),
        )
        const { code, errorTag, run } = yield* syncAt(root)
        assert.strictEqual(code, 1)
        assert.strictEqual(errorTag, "UnknownOutput")
        if (output === "rowz") assert.match((run.error as unknown as ErrorDocument).message, /Did you mean "rows"\?/)
        assert.deepEqual(bytesOf(root), {})
      }),
    )
  }
})

describe.concurrent("ctx.state", () => {
  it.live("may be reassigned as well as changed in place, is kept with the rows, and is undone with them", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(`    const seen = JSON.stringify(ctx.state)
    ctx.log(seen)
    await ctx.insert("rows", [{ seen }])
    if (seen === "{}") ctx.state = { cursor: "2026-01-01", nested: { a: [1, null] } }
    else (ctx.state.nested as { a: Array<unknown> }).a.push("é")`),
      )
      const cursor = () => JSON.parse(read(root, ".openislands/state/one.json")) as unknown
      yield* synced(root)
      assert.deepEqual(cursor(), { cursor: "2026-01-01", nested: { a: [1, null] } })
      const first = bytesOf(root)
      yield* synced(root)
      assert.deepEqual(cursor(), { cursor: "2026-01-01", nested: { a: [1, null, "é"] } })
      yield* rollbackAt(root)
      assert.deepEqual(bytesOf(root), first)
      yield* rollbackAt(root)
      assert.deepEqual(bytesOf(root), {})
    }),
  )

  it.live("alone is worth a checkpoint when it moves, and none when it does not", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(`    ctx.state = { cursor: 1 }`))
      assert.isNotNull((yield* synced(root)).run.checkpoint_id)
      assert.isNull((yield* synced(root)).run.checkpoint_id)
      assert.lengthOf(yield* historyAt(root), 1)
    }),
  )
})

describe.concurrent("several connectors", () => {
  it.live("one that fails, one that does not load and one without its key keep none of the others from landing", () =>
    Effect.gen(function* () {
      const names = ["first", "failing", "broken", "keyless", "last"]
      const root = yield* temporaryProject({
        "manifest.json": projectOf(
          names.map((name) => `${name}.csv`),
          Object.fromEntries(names.map((name) => [name, { datasets: { rows: name } }])),
        ),
        ...Object.fromEntries(
          names.map((name) => [`connectors/${name}/index.ts`, syncing(`    await ctx.insert("rows", [{ id: 1 }])`)]),
        ),
        "connectors/failing/index.ts": syncing(`    throw new Error("not today")`),
        "connectors/broken/index.ts": syncing("    {"),
        "connectors/keyless/index.ts": syncing(`    await ctx.insert("rows", [{ id: 1 }])`, `\n  secrets: ["KEY"],`),
      })
      const { code, runs, connectors } = yield* syncAt(root)
      assert.strictEqual(code, 1)
      assert.deepEqual(
        runs.map(({ connector, outcome, error }) => [connector, outcome, tagOf(error)]),
        [
          ["first", "success", null],
          ["failing", "failure", "ConnectorFailed"],
          ["broken", "failure", "LoadError"],
          ["keyless", "failure", "MissingSecrets"],
          ["last", "success", null],
        ],
      )
      assert.deepEqual(
        Object.keys(bytesOf(root)).filter((file) => file.startsWith("data/")),
        ["data/first.csv", "data/last.csv"],
      )
      assert.deepEqual(yield* statusAt(root), connectors)
      assert.lengthOf(yield* historyAt(root), 2)

      // Each of them by itself, once it is mended.
      writeFileSync(path.join(root, ".env"), "KEY=k\n")
      assert.strictEqual((yield* syncAt(root, "keyless")).code, 0)
    }),
  )
})
