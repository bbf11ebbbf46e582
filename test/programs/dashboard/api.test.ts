import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { mkdir, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { openislands } from "../../fixtures/cli.ts"
import { request, type Sent } from "../../fixtures/http.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const syncing = (body: string) => connector().replace("sync() {}", `async sync(ctx) { ${body} }`)

/** One connector that works, one that fails, one that doesn't load. */
const files = {
  "manifest.json": manifest({ good: {}, bad: {}, broken: {} }),
  "connectors/good/index.ts": syncing(`ctx.log("hello"); await ctx.insert("rows", [{ a: 1 }, { a: 2 }])`),
  "connectors/bad/index.ts": syncing(`throw new Error("no luck")`),
  "connectors/broken/index.ts": "export default {",
}

const post = (origin: string, where: string, body?: unknown) =>
  request(origin, where, {
    method: "POST",
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  } satisfies Sent)

const ended = (origin: string, runId: string) =>
  request(origin, `/api/runs/${runId}`).pipe(
    Effect.map(({ json }) => json),
    Effect.repeat({ until: (run) => run.outcome !== "running", schedule: Schedule.spaced("20 millis") }),
  )

const synced = Effect.fnUntraced(function* (origin: string, name: string) {
  const { status, json } = yield* post(origin, `/api/connectors/${name}/sync`)
  assert.strictEqual(status, 202)
  return yield* ended(origin, json.runId)
})

const printed = (root: string, ...args: ReadonlyArray<string>) =>
  Effect.map(openislands([...args, "--json"], { cwd: root }), ({ stdout }) => JSON.parse(stdout))

describe("what the command line prints is what the API answers", () => {
  it.live("connectors, runs, logs, contracts, checkpoints, an undo, and errors", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      const origin = yield* served(root)
      const run = yield* synced(origin, "good")
      assert.deepInclude(run, { connector: "good", trigger: "http", outcome: "success" })
      assert.deepInclude(yield* synced(origin, "bad"), { connector: "bad", outcome: "failure" })

      for (const [args, where] of [
        [["status"], "/api/connectors"],
        [["runs"], "/api/runs"],
        [["runs", "good"], "/api/runs?connector=good"],
        [["logs", run.runId], `/api/runs/${run.runId}/log`],
        [["contract", "good"], "/api/datasets/good"],
        [["history"], "/api/checkpoints"],
        [["runs", "goood"], "/api/runs?connector=goood"],
        [["logs", "nothing"], "/api/runs/nothing/log"],
        [["contract", "goood"], "/api/datasets/goood"],
        [["rollback", "nothing"], null],
      ] as const) {
        const answered =
          where === null ? yield* post(origin, "/api/checkpoints/nothing/rollback") : yield* request(origin, where)
        const { nextCursor = null, ...body } = answered.json
        assert.strictEqual(nextCursor, null)
        assert.deepEqual(body, yield* printed(root, ...args), args.join(" "))
      }

      const { lines } = (yield* request(origin, `/api/runs/${run.runId}/log`)).json
      const end = yield* request(origin, `/api/runs/${run.runId}/log?last=1`)
      assert.deepEqual(end.json, { lines: lines.slice(-1), nextCursor: null })
      for (const wrong of ["last=0", "last=1&limit=1", "last=1&cursor=0"]) {
        assert.strictEqual((yield* request(origin, `/api/runs/${run.runId}/log?${wrong}`)).status, 400, wrong)
      }

      const undone = yield* post(origin, `/api/checkpoints/${run.checkpoint_id}/rollback`)
      assert.deepInclude(undone.json, { undone: [run.checkpoint_id], redone: [] })
      const redone = yield* printed(root, "rollback", undone.json.checkpoint_id)
      assert.sameMembers(Object.keys(undone.json), Object.keys(redone))
      const { json } = yield* request(origin, "/api/connectors/good")
      const [status] = (yield* printed(root, "status")).connectors
      assert.deepEqual(json, { ...status, redirectUri: null, config: {} })
    }),
  )

  it.live("a broken manifest is what is answered, and keeps nobody from starting", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{" })
      const origin = yield* served(root)
      const { status, json } = yield* request(origin, "/api/connectors")
      assert.strictEqual(status, 422)
      assert.deepEqual(json, yield* printed(root, "status"))
      assert.strictEqual((yield* request(origin, "/")).status, 200)
      assert.deepEqual((yield* request(origin, "/api/checkpoints")).json, { checkpoints: [], nextCursor: null })

      yield* Effect.promise(() => writeFile(path.join(root, "manifest.json"), manifest({})))
      assert.deepEqual((yield* request(origin, "/api/connectors")).json, { connectors: [] })
    }),
  )
})

const acted = (origin: string, ...calls: ReadonlyArray<object>) => post(origin, "/api/actions/run", { calls })

describe("an action", () => {
  const declared = {
    datasets: { log: { source: "data/log.csv" } },
    actions: {
      add: { dataset: "log", mode: "insert", fields: { kg: { type: "number", min: 30 } } },
      drop: { dataset: "log", mode: "delete", fields: { kg: {} } },
    },
  }
  const project = temporaryProject({ "manifest.json": JSON.stringify(declared) })

  it.live("is listed, done, undone and refused as on the command line", () =>
    Effect.gen(function* () {
      const root = yield* project
      const origin = yield* served(root)
      const done = yield* acted(
        origin,
        { action: "add", rows: [{ kg: 71.5 }, { kg: 72 }] },
        { action: "drop", match: { kg: 72 } },
      )
      assert.strictEqual(done.status, 200)
      assert.deepEqual(done.json.datasets, { log: { mode: "update", rows: 1 } })
      assert.deepEqual((yield* request(origin, "/api/actions")).json, yield* printed(root, "actions"))

      const nothing = yield* acted(origin, { action: "drop", match: { kg: 1000 } })
      assert.deepEqual(nothing.json, yield* printed(root, "action", "drop", "--match", '{"kg":1000}'))
      for (const [call, args, expected] of [
        [{ action: "add", rows: [{ kg: 7 }, { kg: "x" }] }, ["add", "--row", '{"kg":7}', "--row", '{"kg":"x"}'], 422],
        [{ action: "drop", match: {} }, ["drop", "--match", "{}"], 422],
        [{ action: "ad", rows: [] }, ["ad"], 404],
      ] as const) {
        const { status, json } = yield* acted(origin, call)
        assert.strictEqual(status, expected)
        assert.deepEqual(json, yield* printed(root, "action", ...args))
      }
      const strange = yield* acted(origin, { action: "add", row: [{ kg: 71 }] })
      assert.strictEqual(`${strange.status} ${strange.json.error._tag}`, "400 BadRequest")
      yield* post(origin, `/api/checkpoints/${done.json.checkpoint_id}/rollback`)
      assert.deepEqual((yield* request(origin, "/api/datasets/log")).json.columns, [])
    }),
  )
})

describe("a sync", () => {
  it.live("is answered before it ends; who asks again meanwhile gets the same run; it can be cancelled", () =>
    Effect.gen(function* () {
      const waiting = syncing(`await new Promise((resolve) => setTimeout(resolve, 1e6))`)
      const root = yield* temporaryProject({ ...files, "connectors/good/index.ts": waiting })
      const origin = yield* served(root)
      const { runId } = (yield* post(origin, "/api/connectors/good/sync")).json
      assert.deepInclude((yield* request(origin, `/api/runs/${runId}`)).json, { runId, outcome: "running" })
      assert.deepEqual((yield* post(origin, "/api/connectors/good/sync", {})).json, { runId })
      const full = yield* post(origin, "/api/connectors/good/sync", { full: true })
      assert.strictEqual(`${full.status} ${full.json.error._tag}`, "409 SyncRunning")
      const cancelled = yield* post(origin, `/api/runs/${runId}/cancel`)
      assert.deepEqual(cancelled.json, { runId, cancelled: true })
      assert.deepInclude(yield* ended(origin, runId), { outcome: "failure" })
      const tooLate = yield* post(origin, `/api/runs/${runId}/cancel`)
      assert.strictEqual(`${tooLate.status} ${tooLate.json.error._tag}`, "409 RunFinished")
    }),
  )

  it.live("of another process is seen, not started again, and can be cancelled", () =>
    Effect.gen(function* () {
      const waiting = syncing(`await new Promise((resolve) => setTimeout(resolve, 1e6))`)
      const root = yield* temporaryProject({ ...files, "connectors/good/index.ts": waiting })
      const origin = yield* served(root)
      const other = yield* Effect.forkChild(openislands(["sync", "good", "--json"], { cwd: root }))
      const often = Schedule.spaced("50 millis")
      const { running } = yield* request(origin, "/api/connectors/good").pipe(
        Effect.map(({ json }) => json),
        Effect.repeat({ until: ({ running }) => running !== null, schedule: often }),
      )
      const { runId } = running
      // Its start is told by its lock, or by when its log was first seen: whichever this process met first.
      const { startedAt, ...under } = (yield* request(origin, `/api/runs/${runId}`)).json
      assert.deepEqual(under, { runId, connector: "good", outcome: "running", rows: {} })
      assert.isAtMost(Math.abs(Date.parse(startedAt) - Date.parse(running.startedAt)), 60_000)
      const [listed] = (yield* request(origin, "/api/runs?connector=good&limit=1")).json.runs
      assert.deepInclude(listed, { runId, trigger: "cli", outcome: "running", datasets: {}, error: null })
      const busy = yield* post(origin, "/api/connectors/good/sync")
      assert.strictEqual(`${busy.status} ${busy.json.error._tag}`, "409 SyncRunning")
      assert.strictEqual(busy.json.error.runId, runId)
      assert.strictEqual((yield* post(origin, `/api/runs/${runId}/cancel`)).status, 200)
      const { runs } = JSON.parse((yield* Fiber.join(other)).stdout)
      // What another process does is known within a second.
      assert.deepEqual(yield* ended(origin, runId), runs[0])
    }),
  )

  it.live("can start over, and says what it cannot do", () =>
    Effect.gen(function* () {
      const origin = yield* served(yield* temporaryProject(files))
      yield* synced(origin, "good")
      const full = yield* post(origin, "/api/connectors/good/sync", { full: true })
      yield* ended(origin, full.json.runId)
      assert.lengthOf((yield* request(origin, "/api/datasets/good/rows")).json.rows, 2)

      for (const [where, body, expected] of [
        ["good", { ful: true }, "400 BadRequest"],
        ["good", { force: true }, "400 BadRequest"],
        ["nothing", {}, "404 UnknownConnector"],
        ["..%2f..%2fetc", {}, "404 UnknownConnector"],
      ] as const) {
        const { status, json } = yield* post(origin, `/api/connectors/${where}/sync`, body)
        assert.strictEqual(`${status} ${json.error._tag}`, expected)
        assert.isNotEmpty(json.error.suggestion)
      }
      const text = { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }
      assert.strictEqual((yield* request(origin, "/api/connectors/good/sync", text)).json.error._tag, "NotJson")
      const notJson = { method: "POST", headers: { "content-type": "application/json" }, body: "{" }
      assert.strictEqual((yield* request(origin, "/api/connectors/good/sync", notJson)).json.error._tag, "BadRequest")
    }),
  )
})

it.live("what was misspelt in a request is said in plain words, with what was meant", () =>
  Effect.gen(function* () {
    const origin = yield* served(yield* temporaryProject(files))
    for (const [where, expected] of [
      ["limit=0", '"limit" has to be an integer from 1 to 1000'],
      ["limit=many", '"limit" has to be an integer from 1 to 1000'],
      ["limit=", '"limit" has to be an integer from 1 to 1000'],
      ["limit=1.5", '"limit" has to be an integer from 1 to 1000'],
      ["conector=good", '"conector" is not known: did you mean "connector"?'],
      ["x=1", '"x" is not known: there is "limit", "cursor", "connector"'],
    ]) {
      const { status, json } = yield* request(origin, `/api/runs?${where}`)
      assert.strictEqual(status, 400)
      assert.strictEqual(json.error.message, `the query of this request cannot be understood: ${expected}`)
    }
    for (const [where, body, expected] of [
      ["connectors/good/sync", { ful: true }, '"ful" is not known: did you mean "full"?'],
      ["connectors/good/sync", { full: 1 }, '"full" has to be true or false'],
      ["connectors/good/sync", 3, "it has to be an object or null"],
      ["actions/run", {}, '"calls" is missing'],
      ["actions/run", { calls: 3 }, '"calls" has to be an array'],
      ["actions/run", { calls: [{ actio: "x" }] }, '"calls[0].actio" is not known: did you mean "action"?'],
    ] as const) {
      const { status, json } = yield* post(origin, `/api/${where}`, body)
      assert.strictEqual(status, 400)
      assert.include(json.error.message, `the body of this request cannot be understood: `)
      assert.include(json.error.message, expected)
    }
  }),
)

it.live("a sync that lacks a secret is a run that failed, not a refused request", () =>
  Effect.gen(function* () {
    const lacking = { "connectors/good/index.ts": syncing("").replace("outputs:", 'secrets: ["GOOD_KEY"], outputs:') }
    const origin = yield* served(yield* temporaryProject({ ...files, ...lacking }))
    const { status, json } = yield* post(origin, "/api/connectors/good/sync")
    assert.strictEqual(status, 202)
    assert.deepInclude((yield* ended(origin, json.runId)).error, { _tag: "MissingSecrets" })
  }),
)

describe("rows", () => {
  it.live("come in pages, integers in full, and paging through them misses none", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(files)
      const lines = Array.from({ length: 250 }, (_, index) => `${9_007_199_254_740_993n + BigInt(index)}`)
      yield* Effect.promise(async () => {
        await mkdir(path.join(root, "data"))
        await writeFile(path.join(root, "data/good.csv"), `id\n${lines.join("\n")}\n`)
      })
      const origin = yield* served(root)
      const seen: Array<string> = []
      let cursor: string | null = null
      do {
        const from: string = cursor === null ? "" : `&cursor=${cursor}`
        const { text, json } = yield* request(origin, `/api/datasets/good/rows?limit=60${from}`)
        seen.push(...text.matchAll(/"id":(\d+)/g).map(([, id]) => id!))
        cursor = json.nextCursor
      } while (cursor !== null)
      assert.deepEqual(seen, lines)
      const count = yield* request(origin, "/api/datasets/good/count")
      assert.deepEqual(count.json, { dataset: "good", rows: 250 })
      assert.strictEqual((yield* request(origin, "/api/datasets/nothing/count")).status, 404)

      assert.deepInclude((yield* request(origin, "/api/datasets/good/rows?cursor=250")).json, {
        rows: [],
        nextCursor: null,
      })
      for (const query of ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=-1", "limt=1"]) {
        assert.strictEqual((yield* request(origin, `/api/datasets/good/rows?${query}`)).status, 400, query)
      }
      assert.strictEqual((yield* request(origin, "/api/datasets/nothing/rows")).status, 404)
      assert.deepInclude((yield* request(origin, "/api/datasets/bad/rows")).json, { rows: [], nextCursor: null })
    }),
  )
})

it.live("rows of a sql dataset are what its query answers, in pages as well", () =>
  Effect.gen(function* () {
    const origin = yield* served(
      yield* temporaryProject({
        "manifest.json": JSON.stringify({
          datasets: {
            numbers: { source: "numbers.csv" },
            tenfold: { sql: "tenfold.sql" },
            wrong: { sql: "wrong.sql" },
          },
        }),
        "numbers.csv": `id\n${[3, 1, 2, 4, 5, 6, 7, 8, 9, 10].join("\n")}\n`,
        "tenfold.sql": "SELECT id * 10 AS id FROM numbers ORDER BY id DESC",
        "wrong.sql": "SELECT id FROM nmbers",
      }),
    )
    const first = (yield* request(origin, "/api/datasets/tenfold/rows?limit=7")).json
    assert.deepEqual(
      first.rows.map(({ id }: { id: number }) => id),
      [100, 90, 80, 70, 60, 50, 40],
    )
    const rest = (yield* request(origin, `/api/datasets/tenfold/rows?limit=7&cursor=${first.nextCursor}`)).json
    assert.deepEqual(rest, { dataset: "tenfold", rows: [{ id: 30 }, { id: 20 }, { id: 10 }], nextCursor: null })
    assert.strictEqual((yield* request(origin, "/api/datasets/tenfold/count")).json.rows, 10)
    const { status, json } = yield* request(origin, "/api/datasets/wrong/rows")
    assert.deepInclude(json.error, { _tag: "SqlUnknownDataset", file: "wrong.sql", line: 1, column: 16 })
    assert.strictEqual(status, 422)
  }),
)

it.live("no secret is in any answer", () =>
  Effect.gen(function* () {
    const secret = "s3cret-of-the-project"
    const leaking = connector()
      .replace("outputs:", `secrets: ["KEY"], outputs:`)
      .replace("sync() {}", `sync(ctx) { ctx.log(ctx.secrets.KEY); throw new Error("with " + ctx.secrets.KEY) }`)
    const shouting = `export default {}\nthrow new Error("loading with ${secret}")`
    const origin = yield* served(
      yield* temporaryProject({
        ...files,
        ".env": `KEY=${secret}\n`,
        "connectors/bad/index.ts": leaking,
        "connectors/broken/index.ts": shouting,
      }),
    )
    const { runId } = yield* synced(origin, "bad")
    const answers = yield* Effect.forEach(
      [
        "connectors",
        "connectors/bad",
        "connectors/broken",
        "runs",
        `runs/${runId}`,
        `runs/${runId}/log`,
        `runs/${secret}`,
      ],
      (where) => request(origin, `/api/${where}`),
    )
    for (const { text } of answers) assert.notInclude(text, secret)
    assert.isAbove(answers.filter(({ text }) => text.includes("[redacted]")).length, 6)
  }),
)

it.live("a browser that is sent to a page of the dashboard without its # gets there; the API stays as it is", () =>
  Effect.gen(function* () {
    const origin = yield* served(yield* temporaryProject(files))
    const navigating = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }
    for (const [where, page] of [
      ["/connectors/good", "/#/connectors/good"],
      ["/connectors/a%20b?x=1", "/#/connectors/a%20b"],
      ["/connectors", "/"],
      ["/datasets/rows", "/#/datasets/rows"],
      ["/history", "/#/history"],
    ] as const) {
      const { status, headers } = yield* request(origin, where, { headers: navigating })
      assert.deepEqual([status, headers.location], [303, page])
      // A program asks for anything, or for JSON; and nothing is sent to a page.
      for (const headers of [{}, { accept: "*/*" }, { accept: "application/json, text/html" }]) {
        const { status, json } = yield* request(origin, where, { headers })
        assert.strictEqual(`${status} ${json.error._tag}`, "404 NoSuchPath", where)
      }
      assert.strictEqual((yield* request(origin, where, { method: "POST", headers: navigating })).status, 404)
    }
    for (const where of [
      "/api/nothing",
      "/api/connectors/nothing",
      "/nothing",
      "/connectorsx",
      "//evil.example/history",
    ]) {
      const { status, json } = yield* request(origin, where, { headers: navigating })
      assert.deepEqual([status, typeof json.error._tag], [404, "string"])
    }
    assert.isArray((yield* request(origin, "/api/connectors", { headers: navigating })).json.connectors)
  }),
)

it.live("what isn't there is a 404 in the same form, and the document names all that is", () =>
  Effect.gen(function* () {
    const origin = yield* served(yield* temporaryProject(files))
    for (const where of ["/api/nothing", "/nothing", "/../package.json", "/%2e%2e/package.json", "/web/app.js"]) {
      const { status, json } = yield* request(origin, where)
      assert.strictEqual(`${status} ${json.error._tag}`, "404 NoSuchPath", where)
    }
    const { json } = yield* request(origin, "/api/openapi.json")
    assert.includeMembers(Object.keys(json.paths), [
      "/api/connectors",
      "/api/connectors/{name}/sync",
      "/api/connectors/{name}/auth/callback",
      "/api/runs/{runId}/log",
      "/api/datasets/{name}/rows",
      "/api/datasets/{name}/count",
      "/api/checkpoints/{id}/rollback",
      "/api/events",
    ])
    const { get: list } = json.paths["/api/runs"]
    assert.deepInclude(list.parameters[0], { name: "limit", schema: { type: "integer", minimum: 1, maximum: 1_000 } })
    assert.deepEqual(list.security, [{ bearer: [] }, {}])
    assert.deepInclude(json.components.securitySchemes.bearer, { type: "http", scheme: "bearer" })
    const { get: callback } = json.paths["/api/connectors/{name}/auth/callback"]
    assert.deepEqual(callback.security, [])
    assert.includeMembers(Object.keys(callback.responses), ["200", "400", "502", "504"])
  }),
)
