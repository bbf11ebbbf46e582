import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { kitImport, manifest, oneConnector } from "../fixtures/journey.ts"
import { inTools } from "../../src/programs/mcp/inTools.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { rawMcp } from "../fixtures/rawMcp.ts"

const counting = `${kitImport}
export default defineConnector({
  description: "Counts",
  outputs: { rows: {} },
  async sync(ctx) {
    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    console.log("to stdout")
    await ctx.insert("rows", [{ n }])
    ctx.state.n = n
  },
})
`

const json = (root: string, ...args: ReadonlyArray<string>) =>
  openislands([...args, "--json"], { cwd: root }).pipe(
    Effect.map(({ stdout }) => JSON.parse(stdout) as Record<string, any>),
  )

interface Twin {
  /** Of the newest run, where it asks about one. */
  readonly input?: object | ((runId: string, checkpoint: string) => object)
  readonly command: ReadonlyArray<string> | ((runId: string) => ReadonlyArray<string>)
  /** What of the command's answer the tool answers. */
  readonly values?: (document: Record<string, any>, root: string) => Effect.Effect<unknown>
  /** What changes the project is done to a second one like it; times and ids then differ. */
  readonly elsewhere?: boolean
}

/** What a user of the command line does instead, tool by tool, in an order in which each has something to answer. */
const twins: Readonly<Record<string, Twin>> = {
  preview_sync: { input: { name: "one" }, command: ["preview", "one"] },
  run_sync: {
    input: { name: "one" },
    command: ["sync", "one"],
    values: ({ runs }) => Effect.succeed(runs[0]),
    elsewhere: true,
  },
  list_connectors: { command: ["status"] },
  validate: { command: ["validate"] },
  list_runs: { input: { connector: "one" }, command: ["runs", "one"] },
  get_run: {
    input: (runId) => ({ runId }),
    command: (runId) => ["logs", runId],
    values: ({ lines }, root) => Effect.map(json(root, "runs"), ({ runs }) => ({ run: runs[0], lines, earlier: 0 })),
  },
  list_checkpoints: { command: ["history"] },
  get_data_schema: { input: { dataset: "one" }, command: ["contract", "one"] },
  list_actions: { command: ["actions"] },
  run_actions: {
    input: { calls: [{ action: "note", rows: [{ n: 7 }] }] },
    command: ["action", "note", "--row", '{"n":7}'],
    elsewhere: true,
  },
  list_datasets: { command: ["datasets"] },
  query: { input: { sql: "SELECT n * 2 AS twice FROM one" }, command: ["query", "SELECT n * 2 AS twice FROM one"] },
  // A command's is the newest by default; an agent has to say which.
  rollback: { input: (_runId, checkpoint) => ({ checkpoint_id: checkpoint }), command: ["rollback"], elsewhere: true },
  cancel_run: { input: (runId) => ({ runId }), command: (runId) => ["cancel", runId], elsewhere: true },
}

const slow = counting.replace("const n", "await new Promise((resolve) => setTimeout(resolve, 60_000))\n    const n")

const note = { actions: { note: { dataset: "one", mode: "insert", description: "Notes a number" } } }

const twoConnectors = temporaryProject({
  "manifest.json": JSON.stringify({ ...JSON.parse(manifest({ one: {}, slow: {} })), ...note }),
  "connectors/one/index.ts": counting,
  "connectors/slow/index.ts": slow,
})

const newestRun = (root: string) => Effect.map(json(root, "runs"), ({ runs }) => (runs[0]?.runId ?? "none") as string)

const newestCheckpoint = (root: string) =>
  Effect.map(json(root, "history"), ({ checkpoints }) => (checkpoints[0]?.checkpoint_id ?? "none") as string)

/** A run that would take a minute; gives its id. */
const started = Effect.fnUntraced(function* (root: string) {
  yield* openislands(["sync", "slow"], { cwd: root }).pipe(Effect.forkScoped)
  const { connectors } = yield* json(root, "status").pipe(
    Effect.repeat({ until: ({ connectors }) => (connectors[1].running?.runId ?? null) !== null }),
  )
  return connectors[1].running.runId as string
})

/** A preview takes as long as it takes. */
const untimed = (value: object): object => ("durationMs" in value ? { ...value, durationMs: 0 } : value)

/** Without the names of runs and checkpoints, times, and who asked. */
const unnamed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, part) =>
      key === "durationMs" || key === "trigger"
        ? null
        : /^\d{8}(T\d+-|-\w{4}$)/.test(part) || /^\d{4}-.*Z$/.test(part)
          ? ""
          : part,
    ),
  )

describe.concurrent("an agent", () => {
  it.live("finds tools that say when to use them, with schemas, and hints about what they do", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(counting))
      const { client } = yield* mcpClient(root)
      const { tools } = yield* Effect.promise(() => client.listTools())
      for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
        assert.isAbove(description?.length ?? 0, 80, name)
        assert.strictEqual(inputSchema.additionalProperties, false, name)
        assert.strictEqual(outputSchema?.type, "object", name)
        assert.isBoolean(annotations?.readOnlyHint, name)
        // Some models' providers refuse whole lists of tools for one of these.
        assert.notMatch(JSON.stringify(inputSchema), /prefixItems|\$ref|"type":\[/, name)
      }
      const writing = tools.filter(({ annotations }) => annotations?.readOnlyHint === false).map(({ name }) => name)
      assert.sameMembers(writing, ["run_sync", "preview_sync", "cancel_run", "rollback", "run_actions"])
    }),
  )

  it.live("gets the same values as a user of the command line, from each tool", () =>
    Effect.gen(function* () {
      const [root, other] = yield* Effect.all([twoConnectors, twoConnectors])
      const { client, call, strange } = yield* mcpClient(root)
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.sameMembers(
        tools.map(({ name }) => name),
        Object.keys(twins),
      )
      for (const [name, { input = {}, command, values, elsewhere = false }] of Object.entries(twins)) {
        const there = elsewhere ? other : root
        const start = (project: string) => (name === "cancel_run" ? started(project) : newestRun(project))
        const answer = yield* call(
          name,
          typeof input === "function" ? input(yield* start(root), yield* newestCheckpoint(root)) : input,
        )
        assert.isFalse(answer.isError, `${name}: ${JSON.stringify(answer.value)}`)
        const words = typeof command === "function" ? command(yield* start(there)) : command
        const twin = (yield* json(there, ...words)) as Record<string, unknown>
        const expected = values === undefined ? twin : yield* values(twin, there)
        if (elsewhere) assert.deepEqual(unnamed(answer.value), unnamed(expected), name)
        else assert.deepEqual(untimed(answer.value), untimed(expected as object), name)
      }
      assert.deepEqual(strange, [])
    }),
  )

  it.live("gets the same errors, each with its next step", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(counting))
      const { call } = yield* mcpClient(root)
      const twins = [
        ["run_sync", { name: "onw" }, ["sync", "onw"], "UnknownConnector"],
        ["list_runs", { connector: "onw" }, ["runs", "onw"], "UnknownConnector"],
        ["get_run", { runId: "20200101-000000-000-zzzz-one" }, ["logs", "20200101-000000-000-zzzz-one"], "UnknownRun"],
        ["rollback", { checkpoint_id: "no" }, ["rollback", "no"], "UnknownCheckpoint"],
        ["query", { sql: "SELECT * FROM onw" }, ["query", "SELECT * FROM onw"], "DatasetNotFound"],
        ["query", { sql: "COPY one TO 'out.csv'" }, ["query", "COPY one TO 'out.csv'"], "QueryRefused"],
        ["preview_sync", { name: "onw" }, ["preview", "onw"], "UnknownConnector"],
        ["cancel_run", { runId: "no" }, ["cancel", "no"], "UnknownRun"],
        ["get_data_schema", { dataset: "onw" }, ["contract", "onw"], "DatasetNotFound"],
        [
          "run_actions",
          { calls: [{ action: "note", rows: [{}] }] },
          ["action", "note", "--row", "{}"],
          "UnknownAction",
        ],
      ] as const
      for (const [tool, input, command, tag] of twins) {
        const answer = yield* call(tool, input)
        assert.isTrue(answer.isError)
        assert.strictEqual(answer.value["error"]._tag, tag)
        assert.deepEqual(answer.value, yield* json(root, ...command), tool)
        assert.strictEqual(answer.said.join(), inTools(answer.value["error"]) ?? "")
        assert.match(answer.said.join(), /^$|call the tool/)
      }
      const wrong = yield* call("run_sync", { nmae: "one" })
      assert.deepInclude(wrong.value["error"], { _tag: "ToolInputInvalid", tool: "run_sync" })
      for (const [tool, input, detail] of [
        ["run_sync", { nam: "one" }, 'there is no "nam" (did you mean "name"?); "name" is missing'],
        ["get_run", { x: 1, runId: 2 }, 'there is no "x": it takes "runId"; "runId": expected string'],
        ["list_actions", { bogus: 1 }, 'there is no "bogus": it takes nothing'],
        ["query", { sql: "SELECT 1", limit: 0 }, '"limit": expected a value between 1 and 10000'],
        ["run_actions", { calls: [{ action: "a", row: [] }] }, 'there is no "calls[0].row" (did you mean "rows"?)'],
      ] as const) {
        assert.strictEqual((yield* call(tool, input)).value["error"].detail, detail)
      }
      assert.strictEqual((yield* call("rm_rf")).value["error"]._tag, "UnknownTool")
    }),
  )

  it.live("undoes what it names and nothing else, and is told whose work that was", () =>
    Effect.gen(function* () {
      const still = counting.replaceAll("ctx.insert", "ctx.replace").replace("[{ n }]", "[{ n: 1 }]")
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: {}, still: {} }),
        "connectors/one/index.ts": counting,
        "connectors/still/index.ts": still.replace("ctx.state.n = n", ""),
      })
      const { call } = yield* mcpClient(root)
      const { value: first } = yield* call("run_sync", { name: "still" })
      yield* call("run_sync", { name: "one" })
      // The same rows again: written, and no change.
      const { value: again } = yield* call("run_sync", { name: "still" })
      assert.deepEqual([again["datasets"].still.rows, again["checkpoint_id"]], [1, null])
      const data = () => readFileSync(path.join(root, "data/one.csv"), "utf8")
      const before = data()
      for (const input of [{}, { checkpoint_id: null }]) {
        assert.strictEqual((yield* call("rollback", input)).value["error"]._tag, "ToolInputInvalid")
      }
      const undone = yield* call("rollback", { checkpoint_id: first["checkpoint_id"] })
      assert.deepEqual(undone.said, [`Undone: ${first["checkpoint_id"]} (a sync of "still"). still: 1 row taken back.`])
      const redone = yield* call("rollback", { checkpoint_id: undone.value["checkpoint_id"] })
      assert.deepEqual(redone.said, [
        `Undone: ${undone.value["checkpoint_id"]} (a rollback). Brought back: ${first["checkpoint_id"]} (a sync of "still"). still: 1 row brought back.`,
      ])
      assert.strictEqual(data(), before)
    }),
  )

  it.live("is told of an upsert what was new, changed and the same, by the preview, the run, and the undo", () =>
    Effect.gen(function* () {
      const upserting = counting
        .replace("rows: {}", `rows: { key: "id" }`)
        .replace(`ctx.insert("rows", [{ n }])`, `ctx.upsert("rows", [{ id: 0, n: 0 }, { id: 1, n }, { id: -n, n }])`)
      const { call } = yield* mcpClient(yield* temporaryProject(oneConnector(upserting)))
      yield* call("run_sync", { name: "one" })
      const { value: preview } = yield* call("preview_sync", { name: "one" })
      assert.deepInclude(preview["datasets"].one, { rows: 3, inserted: 1, merged: 2, unchanged: 1 })
      const { value: run } = yield* call("run_sync", { name: "one" })
      assert.deepEqual(run["upserted"], { one: { new: 1, changed: 1, unchanged: 1 } })
      const { value: history } = yield* call("list_checkpoints")
      assert.deepEqual(history["checkpoints"][0].upserted, run["upserted"])
      const undone = yield* call("rollback", { checkpoint_id: run["checkpoint_id"] })
      assert.deepInclude(undone.value["turned"].one, { new: 1, changed: 1, removed: 0, checkpoints: 1, grown: 1 })
      assert.match(undone.said[0]!, / one: 1 row taken back, 1 put back\.$/)
    }),
  )

  it.live("starts a connector over, as a checkpoint like any other", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(counting))
      const { call } = yield* mcpClient(root)
      const sql = "SELECT n FROM one ORDER BY n"
      const rows = Effect.map(call("query", { sql }), ({ value }) => value["rows"])
      yield* call("run_sync", { name: "one" })
      yield* call("run_sync", { name: "one" })
      const { value: full } = yield* call("run_sync", { name: "one", full: true })
      assert.deepEqual([full["outcome"], yield* rows], ["success", [{ n: 1 }]])
      yield* call("rollback", { checkpoint_id: full["checkpoint_id"] })
      assert.deepEqual(yield* rows, [{ n: 1 }, { n: 2 }])
      const forced = yield* call("run_sync", { name: "one", force: true })
      assert.deepInclude(forced.value["error"], { _tag: "ToolInputInvalid", detail: '"force" only goes with "full"' })
    }),
  )

  it.live("is given the words for the human who has to sign in", () =>
    Effect.gen(function* () {
      const source = counting.replace(
        "outputs:",
        `auth: { type: "oauth2", data: { authorizeUrl: "https://a.example/a", tokenUrl: "https://a.example/t",
          scopes: [], clientIdEnv: "ID", clientSecretEnv: "SECRET" } }, outputs:`,
      )
      const root = yield* temporaryProject({ ...oneConnector(source), ".env": "ID=the-id\nSECRET=the-secret\n" })
      const { call } = yield* mcpClient(root)
      const { value, said } = yield* call("run_sync", { name: "one" })
      assert.strictEqual(value["error"]._tag, "NotConnected")
      assert.match(said.join(), /run "openislands serve".*click Connect on "one"/)
      assert.match((yield* call("list_connectors")).said.join(), /click Connect on "one"/)
    }),
  )

  it.live("is answered in time by a sync that takes longer, and finds its end later", () =>
    Effect.gen(function* () {
      const slow = counting.replace("const n", "await new Promise((resolve) => setTimeout(resolve, 1500))\n    const n")
      const root = yield* temporaryProject(oneConnector(slow))
      const { call } = yield* mcpClient(root)
      const { value } = yield* call("run_sync", { name: "one", waitSeconds: 0.2 })
      assert.strictEqual(value["outcome"], "running")
      assert.deepInclude((yield* call("get_run", { runId: value["runId"] })).value["run"], { outcome: "running" })
      const { runs } = (yield* call("list_runs")).value
      assert.lengthOf(runs, 1)
      assert.deepInclude(runs[0], { runId: value["runId"], connector: "one", trigger: "mcp", outcome: "running" })
      // Asking again joins it.
      const joined = yield* call("run_sync", { name: "one" })
      assert.deepInclude(joined.value, { runId: value["runId"], outcome: "success" })
      assert.lengthOf((yield* json(root, "runs"))["runs"], 1)
    }),
  )

  it.live("is told that a sync or a preview goes on, which has no rows yet", () =>
    Effect.gen(function* () {
      const slow = counting.replace("const n", "await new Promise((resolve) => setTimeout(resolve, 5000))\n    const n")
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: {}, two: {} }),
        "connectors/one/index.ts": slow,
        "connectors/two/index.ts": slow,
      })
      const { client } = yield* mcpClient(root)
      const heardOf = (name: string, connector: string) =>
        Effect.promise(async () => {
          const heard: Array<number> = []
          const onprogress = ({ progress }: { readonly progress: number }) => void heard.push(progress)
          await client.callTool({ name, arguments: { name: connector } }, undefined, { onprogress })
          return heard
        })
      const calls = [heardOf("run_sync", "one"), heardOf("preview_sync", "two")]
      for (const heard of yield* Effect.all(calls, { concurrency: 2 })) {
        assert.isNotEmpty(heard)
        assert.isTrue(
          heard.every((one, at) => at === 0 || one > heard[at - 1]!),
          heard.join(),
        )
      }
    }),
  )

  it.live("hears nothing more of a call's progress once that is answered, though the sync goes on", () =>
    Effect.gen(function* () {
      const slow = `${kitImport}
export default defineConnector({
  description: "Counts slowly",
  outputs: { rows: {} },
  async sync(ctx) {
    for (let n = 0; n < 20; n++) {
      await ctx.insert("rows", [{ n }])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  },
})
`
      const root = yield* temporaryProject(oneConnector(slow))
      const { messages, ask } = yield* rawMcp(root)
      yield* ask("tools/call", {
        name: "run_sync",
        arguments: { name: "one", waitSeconds: 1 },
        _meta: { progressToken: "mine" },
      })
      const answered = messages().length
      yield* json(root, "runs").pipe(
        Effect.repeat({ until: ({ runs }) => runs[0]?.outcome !== "running", schedule: Schedule.spaced("200 millis") }),
      )
      const progress = messages().flatMap(({ method }, at) => (method === "notifications/progress" ? [at] : []))
      assert.isNotEmpty(progress)
      assert.isEmpty(progress.filter((at) => at >= answered))
    }),
  )

  it.live("is told of a run as soon as it has its id, and that one broke off whose process died", () =>
    Effect.gen(function* () {
      const slow = counting.replace("const n", "await new Promise((resolve) => setTimeout(resolve, 1500))\n    const n")
      const root = yield* temporaryProject(oneConnector(slow))
      const { call } = yield* mcpClient(root)
      const { value } = yield* call("run_sync", { name: "one", waitSeconds: 0 })
      assert.deepInclude((yield* call("get_run", { runId: value["runId"] })).value["run"], { outcome: "running" })
      yield* call("run_sync", { name: "one" })
      const runId = "20260101T000000000-one-00000000"
      const line = { at: "2026-01-01T00:00:00.000Z", stream: "log", text: "its last words" }
      writeFileSync(path.join(root, ".openislands/runs", `${runId}.log`), `${JSON.stringify(line)}\n`)
      const { run, lines } = (yield* call("get_run", { runId })).value
      assert.deepInclude(run, { runId, outcome: "failure" })
      assert.strictEqual(run.error._tag, "RunUnfinished")
      assert.deepEqual(lines, [line])

      // Of a long log the end, and of how much that is.
      const log = Array.from({ length: 5_000 }, (_, n) => ({ ...line, text: `${n} ${"x".repeat(300)}` }))
      writeFileSync(
        path.join(root, ".openislands/runs", `${runId}.log`),
        log.map((one) => `${JSON.stringify(one)}\n`).join(""),
      )
      const { value: long } = yield* call("get_run", { runId })
      assert.isBelow(JSON.stringify(long).length, 150_000)
      assert.deepEqual(long["lines"], log.slice(long["earlier"]))
      assert.isNotEmpty(long["lines"])
    }),
  )

  it.live("that goes away leaves its sync to end, and be recorded", () =>
    Effect.gen(function* () {
      // Longer than a client waits before it kills what it started.
      const slow = counting.replace("const n", "await new Promise((resolve) => setTimeout(resolve, 6000))\n    const n")
      const root = yield* temporaryProject(oneConnector(slow))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { call } = yield* mcpClient(root)
          yield* call("run_sync", { name: "one", waitSeconds: 0 })
        }),
      )
      const recorded = json(root, "runs").pipe(
        Effect.repeat({ until: ({ runs }) => runs[0]?.outcome !== "running", schedule: Schedule.spaced("200 millis") }),
      )
      assert.strictEqual((yield* recorded)["runs"][0].outcome, "success")
    }),
  )

  it.live("reads the manifest, contracts, runs and the guide, and is offered tasks", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...oneConnector(counting), "manifest.json": manifest({ one: {} }) })
      const { client, call } = yield* mcpClient(root)
      yield* call("run_sync", { name: "one" })
      const { resources } = yield* Effect.promise(() => client.listResources())
      for (const { uri, mimeType } of resources) {
        const { contents } = yield* Effect.promise(() => client.readResource({ uri }))
        // What may have comments is no application/json.
        const expected = uri === "openislands://manifest" ? "application/jsonc" : mimeType
        assert.strictEqual(contents[0]!.mimeType, expected)
        assert.isNotEmpty((contents[0] as { readonly text: string }).text, uri)
      }
      assert.includeMembers(
        resources.map(({ uri }) => uri),
        ["openislands://manifest", "openislands://guide", "openislands://datasets/one/contract"],
      )
      const { prompts } = yield* Effect.promise(() => client.listPrompts())
      assert.sameMembers(
        prompts.map(({ name }) => name),
        ["add_connector", "repair_connector"],
      )
      const repair = { name: "repair_connector", arguments: { connector: "one" } }
      assert.include(JSON.stringify(yield* Effect.promise(() => client.getPrompt(repair))), '\\"one\\"')
    }),
  )
})
