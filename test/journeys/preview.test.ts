import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Preview } from "../../src/services/domain/Preview.ts"
import { openislands } from "../fixtures/cli.ts"
import { connector, inBothForms, oneConnector } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  leftOverIn,
  nothingLeft,
  oneOutput,
  projectOf,
  startCli,
  synced,
  syncing,
  untilLogged,
} from "../fixtures/syncing.ts"

/** Every file of a project with its bytes and its time, but for what can be made anew. */
const treeOf = (root: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      .filter((file) => !/^\.openislands\/(cache|locks)\//.test(file))
      .map((file) => {
        const { mtimeMs, ino } = statSync(path.join(root, file))
        return [file, { mtimeMs, ino, bytes: readFileSync(path.join(root, file), "latin1") }]
      }),
  )

type Answer = Preview & { readonly error: ErrorDocument | null; readonly drift: ErrorDocument | null }

/** A preview that leaves the project as it was. */
const previewed = Effect.fnUntraced(function* (root: string) {
  const before = treeOf(root)
  const answer = yield* inBothForms<Answer>(["preview", "one"], { cwd: root })
  const after = Object.fromEntries(Object.entries(treeOf(root)).filter(([file]) => file !== ".openislands/.gitignore"))
  const { ".openislands/.gitignore": _, ...there } = before
  assert.deepEqual(after, there)
  assert.deepEqual(leftOverIn(root), nothingLeft)
  return answer
})

const counting = `
    const from = ctx.state.n ?? 0
    await ctx.insert("rows", [1, 2, 3].map((n) => ({ id: from + n, name: "row " + (from + n) })))
    ctx.state.n = from + 3
    ctx.log("from " + from)`

const inParts = (end: string) => `
    for (let n = 1; n <= 3; n++) {
      await ctx.insert("rows", [{ n }])
      ctx.state.n = n
      ctx.log(JSON.stringify(await ctx.checkpoint()))
    }
    ${end}`

/** Each call in a part of its own. */
const upserting = (...calls: ReadonlyArray<string>) =>
  syncing(calls.map((rows) => `    await ctx.upsert("rows", ${rows})`).join("\n    await ctx.checkpoint()\n")).replace(
    "rows: {}",
    `rows: { key: "id" }`,
  )

describe.concurrent("preview", () => {
  it.live("tells what the first sync would do, before there is any dataset, and goes by the cursor later", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(counting))
      const { code, document, human } = yield* previewed(root)
      assert.strictEqual(code, 0)
      const { durationMs, ...told } = document
      assert.isAtLeast(durationMs, 0)
      const columns = [
        { name: "id", type: "integer" },
        { name: "name", type: "string" },
      ]
      const sample = [1, 2, 3].map((id) => ({ id, name: `row ${id}` }))
      assert.deepEqual(told, {
        connector: "one",
        outcome: "success",
        requests: 0,
        written: null,
        datasets: {
          rows: {
            output: "rows",
            mode: "insert",
            rows: 3,
            inserted: 3,
            replaced: 0,
            merged: 0,
            unchanged: 0,
            columns,
            sample,
            more: 0,
            misfit: null,
          },
        },
        dropped: {},
        schemaChanges: [],
        drift: null,
        state: { n: 3 },
        log: [{ stream: "log", text: "from 0" }],
        error: null,
      })
      assert.match(human, /^one {2}a sync would succeed \(0 requests, [\d.]+ s, nothing was written\)$/m)
      assert.include(human, 'rows <- output "rows": 3 new rows')
      assert.include(human, "  id       name\n  integer  string\n  1        row 1\n")
      assert.include(human, 'next cursor: {"n":3}')
      // One that keeps no cursor has nothing to say of it.
      const stateless = yield* temporaryProject(oneConnector(connector()))
      assert.notInclude((yield* previewed(stateless)).human, "cursor")
      yield* synced(root)
      const later = yield* previewed(root)
      assert.deepEqual(later.document.state, { n: 6 })
      assert.deepInclude(later.document.datasets["rows"], {
        rows: 3,
        sample: [4, 5, 6].map((id) => ({ id, name: `row ${id}` })),
      })
    }),
  )

  it.live("the only connector needs no name", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneOutput(counting))
      const { code, stdout } = yield* openislands(["preview"], { cwd: root })
      assert.strictEqual(code, 0)
      assert.match(stdout, /^one {2}a sync would succeed/)
    }),
  )

  it.live("a sync that would fail is told with its log and its error, and is exit code 1", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.insert("rows", [{ id: 1, key: ctx.secrets.API_KEY }])
    for (let n = 0; n < 30; n++) ctx.log(n + " with " + ctx.secrets.API_KEY)
    throw new Error("no " + ctx.secrets.API_KEY)`
      const root = yield* temporaryProject({
        ...oneOutput(""),
        "connectors/one/index.ts": syncing(body, `\n  secrets: ["API_KEY"],`),
        ".env": "API_KEY=very-secret-value\n",
      })
      const { code, document, human } = yield* previewed(root)
      assert.strictEqual(code, 1)
      assert.deepInclude(document, { outcome: "failure", requests: 0, state: null, datasets: {}, drift: null })
      assert.deepEqual(document.written, { rows: 1, more: 0 })
      assert.match(human, /^one {2}a sync would fail \(0 requests, 1 row, [\d.]+ s, nothing was written\)$/m)
      assert.deepInclude(document.error, { _tag: "ConnectorFailed", detail: "no [redacted]" })
      assert.strictEqual(document.log.length, 20)
      assert.deepEqual(document.log.at(-1), { stream: "log", text: "29 with [redacted]" })
      assert.include(human, "  29 with [redacted]\n")
      assert.match(
        human,
        /error: connector "one" failed: no \[redacted\] \(connectors\/one\/index\.ts:\d+:\d+\)\n {2}Nothing was written/,
      )
      assert.notInclude(human, "very-secret-value")
    }),
  )

  it.live("rows are told as they are, secrets or not", () =>
    Effect.gen(function* () {
      const body = `await ctx.insert("rows", [{ key: ctx.secrets.API_KEY, big: 12345678901234567890n, deep: { a: [1n] } }])`
      const root = yield* temporaryProject({
        ...oneOutput("", "rows.jsonl"),
        "connectors/one/index.ts": syncing(body, `\n  secrets: ["API_KEY"],`),
        ".env": "API_KEY=very-secret-value\n",
      })
      const { document } = yield* previewed(root)
      assert.deepEqual(document.datasets["rows"]?.sample, [
        { key: "very-secret-value", big: "12345678901234567890", deep: { a: [1] } },
      ])
    }),
  )

  it.live("rows that no longer fit are told as the drift that they are", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(`
    const first = ctx.state.n ?? 0
    await ctx.insert("rows", first === 0 ? [{ id: 1 }] : [{ id: 2 }, { id: 3 }, { id: "x", more: true }, { id: 4 }])
    ctx.state.n = 1`),
      )
      yield* synced(root)
      const { code, document, human } = yield* previewed(root)
      assert.strictEqual(code, 1)
      assert.deepInclude(document.drift, { _tag: "SchemaDrift", dataset: "rows" })
      assert.deepEqual(document.error, document.drift)
      assert.deepInclude(document.datasets["rows"], {
        rows: 4,
        inserted: 0,
        sample: [
          { id: 2, more: null },
          { id: 3, more: null },
        ],
        misfit: { row: 2, columns: ["more", "id"], values: { id: "x", more: true } },
        more: 1,
      })
      assert.include(human, "a sync would fail")
      assert.include(
        human,
        `rows <- output "rows": 4 rows, not all of which fit
  id      more
  string  boolean
  2
  3
  x       true
  ^ row 3 doesn't fit: columns "more", "id"
  ... and 1 more row
`,
      )
    }),
  )

  it.live("an upsert is told by what it would change, each key once and as it would stand, in parts as well", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        ...oneOutput(""),
        "connectors/one/index.ts": upserting(`[1, 2, 3].map((id) => ({ id, t: "x" }))`),
      })
      yield* synced(root)
      const rewrite = (...calls: ReadonlyArray<string>) =>
        writeFileSync(path.join(root, "connectors/one/index.ts"), upserting(...calls))
      const rows = `[{ id: 1, t: "x" }, { id: 4, t: "x" }, { id: 2, t: "y" }, { id: 4, t: "last" }, { id: 5, t: "x" }, { id: 6, t: "x" }, { id: 7, t: "x" }]`
      rewrite(rows)
      const whole = yield* previewed(root)
      assert.deepInclude(whole.document.datasets["rows"], { rows: 6, inserted: 4, merged: 2, unchanged: 1, more: 1 })
      assert.include(whole.human, 'rows <- output "rows": 4 new rows, 1 changed, 1 the same\n')
      assert.match(
        whole.human,
        /\n {2}1 {8}x\n {2}4 {8}last\n {2}2 {8}y\n {2}5 {8}x\n {2}6 {8}x\n {2}\.\.\. and 1 more row\n/,
      )
      rewrite(`[{ id: 3, t: "y" }, { id: 1, t: "x" }, { id: 2, t: "x" }]`)
      assert.include((yield* previewed(root)).human, 'rows <- output "rows": 1 row changed, 2 the same\n')
      // A page that comes again is shown once, as the later part leaves it.
      rewrite(rows, `[{ id: 4, t: "once more" }, { id: 7, t: "x" }, { id: 8, t: "x" }]`)
      const { document, human } = yield* previewed(root)
      assert.deepInclude(document.datasets["rows"], { rows: 9, inserted: 5, merged: 4, unchanged: 2, more: 2 })
      assert.include(human, "\n  4        once more\n")
      assert.include(human, "\n  ... and 2 more rows\n")
    }),
  )

  it.live("checkpoints on the way commit nothing; what fails after one would have failed in part", () =>
    Effect.gen(function* () {
      const whole = yield* previewed(
        yield* temporaryProject(oneOutput(inParts(`await ctx.insert("rows", [{ n: 4 }])`))),
      )
      assert.strictEqual(whole.code, 0)
      assert.deepInclude(whole.document.datasets["rows"], { rows: 4, inserted: 4 })
      assert.deepEqual(whole.document.state, { n: 3 })
      assert.deepEqual(whole.document.log[0], { stream: "log", text: '{"checkpoint_id":null}' })
      const part = yield* previewed(yield* temporaryProject(oneOutput(inParts(`throw new Error("later")`))))
      assert.strictEqual(part.code, 1)
      assert.deepInclude(part.document, { outcome: "partial", state: null })
      assert.deepInclude(part.document.datasets["rows"], { rows: 3, inserted: 3 })
      const idle = yield* previewed(
        yield* temporaryProject(
          oneOutput(`await ctx.insert("rows", []); await ctx.checkpoint(); throw new Error("later")`),
        ),
      )
      assert.strictEqual(idle.document.outcome, "failure")
      const drifts = yield* previewed(
        yield* temporaryProject(oneOutput(inParts("").replace("[{ n }]", `[{ n: n === 3 ? "three" : n }]`))),
      )
      assert.deepInclude(drifts.document, { outcome: "partial" })
      assert.deepInclude(drifts.document.drift, { _tag: "SchemaDrift" })
    }),
  )

  it.live("outputs without a dataset are counted, and requests are", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" } } }),
        "connectors/one/index.ts": syncing(`
    await fetch("http://127.0.0.1:1/").catch(() => {})
    await ctx.replace("rows", [{ a: 1 }])
    await ctx.insert("more", [{ a: 1 }, { a: 2 }])`),
      })
      const { document, human } = yield* previewed(root)
      assert.deepEqual(document.dropped, { more: 2 })
      assert.strictEqual(document.requests, 1)
      assert.include(human, '2 rows of output "more" would go to no dataset')
      assert.include(human, "1 row in place of the 0 rows there")
    }),
  )

  it.live("waits for nobody: a connector that is running, and one that there is not, are errors", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneOutput(`ctx.log("here"); await new Promise(() => setInterval(() => {}, 1000))`),
      )
      const running = yield* startCli(root, ["sync"])
      yield* untilLogged(root, "one", "here")
      const busy = yield* inBothForms<{ error: ErrorDocument }>(["preview", "one"], { cwd: root })
      assert.strictEqual(busy.code, 1)
      assert.deepInclude(busy.document.error, { _tag: "SyncRunning", connector: "one", pid: running.pid })
      running.kill("program", "SIGINT")
      yield* running.ended
      const unknown = yield* inBothForms<{ error: ErrorDocument }>(["preview", "onee"], { cwd: root })
      assert.deepInclude(unknown.document.error, { _tag: "UnknownConnector", didYouMean: "one" })
      writeFileSync(
        path.join(root, "manifest.json"),
        projectOf(["rows.csv"], { one: { datasets: {} }, two: { datasets: {} } }),
      )
      assert.strictEqual((yield* openislands(["preview"], { cwd: root })).code, 2)
    }),
  )
})
