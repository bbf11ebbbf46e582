import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { kitImport, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { rawMcp } from "../fixtures/rawMcp.ts"

/** What a connector's sync does that could end up on the stdout of whoever runs it, and how its run ends. */
const hostile: Readonly<Record<string, readonly [body: string, outcome: "success" | "failure"]>> = {
  printing: ['console.log("plain"); console.error("plain"); process.stdout.write("no line end")', "success"],
  posing: ['process.stdout.write(\'{"jsonrpc":"2.0","id":1,"result":{}}\\n\')', "success"],
  flooding: ['for (let at = 0; at < 50_000; at++) console.log("line " + at)', "success"],
  binary: ["process.stdout.write(Buffer.from([0, 255, 10, 27, 91, 50, 74, 13]))", "success"],
  exiting: ["process.exit(0)", "failure"],
  aborting: ["process.abort()", "failure"],
  throwing: ['throw new Error("first\\nsecond\\u0000\\u001b[2J")', "failure"],
  nothing: ["throw undefined", "failure"],
  rejecting: ['void Promise.reject(new Error("nobody hears")); await new Promise(() => {})', "failure"],
  ticking: ['setTimeout(() => { throw new Error("tick") }, 0); await new Promise(() => {})', "failure"],
  hungry: ["const all: any[] = []; for (;;) all.push(new Array(100_000).fill(0))", "failure"],
  deep: ["const down = (): number => down() + 1; down()", "failure"],
  looping: ["for (;;);", "failure"],
  descriptor: ['(await import("node:" + "fs" as string)).writeSync(1, "straight to it\\n")', "failure"],
  answering: ['process.emitWarning("a warning"); process.stdout.end("ended")', "success"],
}

/** What takes its time is not previewed as well. */
const long = new Set(["flooding", "hungry", "looping"])

const project = temporaryProject({
  "manifest.json": manifest(
    Object.fromEntries(Object.keys(hostile).map((name) => [name, { timeout: name === "looping" ? "2s" : "30s" }])),
  ),
  ...Object.fromEntries(
    Object.entries(hostile).map(([name, [body]]) => [
      `connectors/${name}/index.ts`,
      `${kitImport}export default defineConnector({ description: "x", outputs: { rows: {} }, async sync(ctx) {
        await ctx.insert("rows", [{ n: 1 }])
        ${body}
      } })\n`,
    ]),
  ),
})

describe("whatever happens, stdout has nothing but the protocol on it:", () => {
  it.live("hostile connectors, synced and previewed", () =>
    Effect.gen(function* () {
      const { call, messages, said } = yield* rawMcp(yield* project)
      const one = Effect.fnUntraced(function* ([name, [, outcome]]: (typeof cases)[number]) {
        const { result } = yield* call("run_sync", { name, waitSeconds: 60 })
        assert.strictEqual(result.structuredContent.outcome, outcome, `${name} ${JSON.stringify(result)}`)
        if (!long.has(name)) yield* call("preview_sync", { name })
      })
      const cases = Object.entries(hostile)
      yield* Effect.forEach(cases, one, { concurrency: 2, discard: true })
      assert.isTrue(said.stdout.endsWith("\n"))
      // The greeting, and an answer to each call.
      assert.lengthOf(messages(), 1 + 2 * cases.length - long.size)
    }),
  )

  it.live("messages that make no sense, and tools that aren't there", () =>
    Effect.gen(function* () {
      const { ask, call, messages, write } = yield* rawMcp(yield* project)
      for (const line of [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"jsonrpc":"1.0"}',
        "\u0000\u001b",
        "x".repeat(1_000_000),
      ]) {
        write(`${line}\n`)
      }
      assert.strictEqual((yield* ask("no/such/method")).error.code, -32601)
      assert.isTrue((yield* call("rm_rf")).result.isError)
      assert.isTrue((yield* call("query", { sql: 7 })).result.isError)
      const missing = yield* ask("resources/read", { uri: "openislands://datasets/nowhere/contract" })
      assert.deepInclude(missing.error, { code: -32002 })
      assert.strictEqual(missing.error.data.error._tag, "DatasetNotFound")
      assert.match(missing.error.message, /no dataset is named "nowhere"\. .*call the tool list_datasets\.$/)
      assert.strictEqual((yield* ask("prompts/get", { name: "no" })).error.code, -32602)
      assert.deepEqual((yield* ask("ping")).result, {})
      messages()
    }),
  )

  it.live("a project that breaks while it is served", () =>
    Effect.gen(function* () {
      const root = yield* project
      const { ask, call, messages } = yield* rawMcp(root)
      for (const [file, text] of [
        ["manifest.json", "{ nonsense"],
        [".env", "\u0000\u0001"],
        ["connectors/printing/index.ts", 'console.log("while loading"); throw new Error("no")'],
      ] as const) {
        const before = file === ".env" ? null : readFileSync(path.join(root, file), "utf8")
        writeFileSync(path.join(root, file), text)
        for (const name of ["list_connectors", "validate", "list_datasets", "list_runs", "list_checkpoints"]) {
          yield* call(name)
        }
        yield* call("run_sync", { name: "printing" })
        yield* ask("resources/list")
        yield* ask("resources/read", { uri: "openislands://manifest" })
        if (before === null) rmSync(path.join(root, file))
        else writeFileSync(path.join(root, file), before)
      }
      rmSync(path.join(root, ".openislands"), { recursive: true, force: true })
      writeFileSync(path.join(root, ".openislands"), "in the way")
      yield* call("run_sync", { name: "printing" })
      yield* call("validate")
      rmSync(path.join(root, ".openislands"))
      assert.isUndefined((yield* call("validate")).result.isError)
      messages()
    }),
  )

  it.live("a bug of ours, whose inside stays on stderr", () =>
    Effect.gen(function* () {
      const root = yield* project
      const broken = path.join(root, "broken.mjs")
      // What no code of ours expects of this function.
      writeFileSync(broken, `Array.prototype.toReversed = () => { throw new TypeError("inside of it") }\n`)
      const { call, messages, said } = yield* rawMcp(root, "--import", broken)
      const answers = yield* Effect.forEach(
        ["validate", "list_datasets", "list_connectors", "list_runs", "list_checkpoints"],
        (name) => call(name),
      )
      yield* call("run_sync", { name: "printing" })
      const bugs = answers.filter(
        ({ result }) => result?.isError === true && result.content[0].text.includes("InternalError"),
      )
      assert.isAbove(bugs.length, 0, "it is no bug yet")
      assert.notInclude(said.stdout, "inside of it")
      assert.include(said.stderr, "inside of it")
      messages()
    }),
  )
})

describe.concurrent("stdout has nothing but the protocol on it after", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const) {
    it.live(`${signal}, while connectors run; they end, and are recorded`, () =>
      Effect.gen(function* () {
        const root = yield* project
        const { call, child, ended, messages, said } = yield* rawMcp(root)
        yield* call("run_sync", { name: "looping", waitSeconds: 0 })
        child.kill(signal)
        if (signal === "SIGKILL") child.stdin.end()
        yield* ended
        assert.isTrue(said.stdout.endsWith("\n"))
        messages()
        const recorded = openislands(["runs", "--json"], { cwd: root }).pipe(
          Effect.map(({ stdout }) => JSON.parse(stdout).runs),
          Effect.repeat({ until: (runs) => runs.length > 0, schedule: Schedule.spaced("200 millis") }),
        )
        assert.deepInclude((yield* recorded)[0], { outcome: "failure", trigger: "mcp" })
      }),
    )
  }
})
