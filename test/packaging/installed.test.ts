import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { existsSync, globSync, lstatSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { assertWithin } from "../fixtures/budgets.ts"
import { endings } from "../fixtures/endings.ts"
import { escapes, scene } from "../fixtures/escapes.ts"
import { hostileProject, idsOf } from "../fixtures/hostileProject.ts"
import { request } from "../fixtures/http.ts"
import { ended, Installation, installed, nodeUnderTest } from "../fixtures/installation.ts"
import { freePort } from "../fixtures/served.ts"

/** A project that syncs without a network. */
const project = Effect.fnUntraced(function* (name: string) {
  const { root, run } = yield* Installation
  const directory = path.join(root, name)
  const made = yield* run(["init", directory, "--example", "quickstart"])
  assert.strictEqual(made.code, 0, made.stderr)
  return directory
})

/** One or two of each kind: the guest's program, its flags, its fence and its host are those of the package. */
const tried = [
  "process.binding",
  "process.dlopen",
  "process.env",
  "node:module registerHooks",
  "node:worker_threads",
  "node:child_process",
  "node:inspector",
  "node:sqlite",
  "a file: import",
  "a file by the class of stdin",
  "a file beside its grant",
  "a link of its own out of its grant",
  "writing a dataset",
  "the project's secrets",
  "a loop that ignores SIGTERM",
  "process.abort",
  "a rejection that nobody handles, after sync has returned",
] as const

const hostile = Object.fromEntries(tried.map((name) => [name, (escapes[name] ?? endings[name])!]))

layer(installed("openislands", "--ignore-scripts"), { excludeTestServices: true })(
  "installed without scripts and compiler",
  (it) => {
    it.effect("it asked for what it needs and nothing else, and is as small as it is said to be", () =>
      Effect.gen(function* () {
        const { root, asked } = yield* Installation
        const modules = path.join(root, "node_modules")
        const packages = globSync("{*,@*/*}/package.json", { cwd: modules }).map((file) => path.dirname(file))
        assert.includeMembers(packages, ["openislands", "zod", "esbuild"])
        assert.notInclude(packages, "@openislands/connector-kit")
        assertWithin("packages that an install brings", packages.length)
        const files = readdirSync(modules, { recursive: true, encoding: "utf8" })
        const ours = files.filter((file) => !/node_modules[\\/]|node-bindings-|@esbuild|esbuild[\\/]bin/.test(file))
        const bytes = ours.map((file) => lstatSync(path.join(modules, file)).size)
        assertWithin(
          "installed, without DuckDB's and esbuild's binaries",
          bytes.reduce((all, one) => all + one, 0),
        )
        // Nobody has asked so far but the install above.
        assert.deepEqual(
          asked.filter((url) => !/^\/(openislands|zod|esbuild|@esbuild\/|@duckdb\/|detect-libc)/.test(url)),
          [],
        )
      }),
    )

    it.effect("init, validate, sync, query and rollback", () =>
      Effect.gen(function* () {
        const { run } = yield* Installation
        const directory = yield* project("commands")
        // npm packs no file of this name: whoever copies an example must not commit secrets.
        assert.include(readFileSync(path.join(directory, ".gitignore"), "utf8").split("\n"), ".env")
        for (const args of [["validate"], ["sync"], ["status"], ["history"]]) {
          const { code, stderr } = yield* run([...args, "--json"], directory)
          assert.strictEqual(code, 0, `${args.join(" ")}: ${stderr}`)
        }
        const counted = yield* run(["query", "SELECT count(*) AS n FROM observations", "--json"], directory)
        assert.deepInclude(JSON.parse(counted.stdout), { rows: [{ n: 362 }] })
        const undone = yield* run(["rollback"], directory)
        assert.match(undone.stdout, /^undone {2}\S+\n/)
      }),
    )

    it.effect("where scripts may run, as npm has it by default, they change nothing", () =>
      Effect.gen(function* () {
        const { again, env } = yield* Installation
        const cwd = yield* project("scripts")
        const { bin } = yield* again("openislands", "--foreground-scripts")
        assert.strictEqual((yield* ended(bin, ["sync"], { cwd, env })).code, 0)
        const { stdout } = yield* ended(bin, ["query", "SELECT 40 + 2 AS answer", "--json"], { cwd, env })
        assert.deepInclude(JSON.parse(stdout), { rows: [{ answer: 42 }] })
      }).pipe(Effect.scoped),
    )

    it.effect("serve answers for its health and with the dashboard", () =>
      Effect.gen(function* () {
        const { bin, env } = yield* Installation
        const directory = yield* project("served")
        const port = String(yield* freePort)
        yield* Effect.acquireRelease(
          Effect.sync(() => spawn(bin, ["serve", "--port", port], { cwd: directory, env, stdio: "ignore" })),
          (child) => Effect.sync(() => child.kill("SIGKILL")),
        )
        const origin = `http://127.0.0.1:${port}`
        const healthy = yield* request(origin, "/healthz").pipe(Effect.retry(Schedule.spaced("50 millis")))
        assert.strictEqual(healthy.status, 200)
        const page = yield* request(origin, "/")
        const script = /<script[^>]* src="([^"]+)"/.exec(page.text)?.[1]
        assert.isDefined(script, page.text)
        const code = yield* request(origin, script!)
        assert.strictEqual(code.status, 200)
        assert.isAbove(code.text.length, 100_000)
        const { json } = yield* request(origin, "/api/connectors")
        assert.strictEqual(json.connectors[0].name, "weather")
      }).pipe(Effect.scoped),
    )

    it.effect("demo makes its project, and serves it until it is told to stop", () =>
      Effect.gen(function* () {
        const { bin, env, root } = yield* Installation
        const port = String(yield* freePort)
        const child = yield* Effect.acquireRelease(
          Effect.sync(() => spawn(bin, ["demo", "--port", port], { cwd: root, env, stdio: "ignore" })),
          (child) => Effect.sync(() => child.kill("SIGKILL")),
        )
        const { json } = yield* request(`http://127.0.0.1:${port}`, "/api/connectors").pipe(
          Effect.retry(Schedule.spaced("50 millis")),
        )
        const names = json.connectors.map(({ name }: { readonly name: string }) => name)
        assert.sameMembers(names, ["ferries", "tides", "walks", "waves"])
        assert.isTrue(existsSync(path.join(root, ".demo/manifest.json")))
        assert.include(readFileSync(path.join(root, ".demo/.gitignore"), "utf8").split("\n"), ".env")
        const exit = new Promise((resolve) => child.once("exit", resolve))
        child.kill("SIGINT")
        assert.strictEqual(yield* Effect.promise(() => exit), 0)
      }).pipe(Effect.scoped),
    )

    it.effect("mcp greets and lists its tools over stdio", () =>
      Effect.gen(function* () {
        const { bin, env } = yield* Installation
        const cwd = yield* project("agent")
        const client = new Client({ name: "test", version: "0" })
        yield* Effect.acquireRelease(
          Effect.promise(() => client.connect(new StdioClientTransport({ command: bin, args: ["mcp"], cwd, env }))),
          () => Effect.promise(() => client.close()),
        )
        assert.strictEqual(client.getServerVersion()?.name, "openislands")
        const { tools } = yield* Effect.promise(() => client.listTools())
        assert.includeMembers(
          tools.map(({ name }) => name),
          ["list_connectors", "run_sync", "query", "rollback"],
        )
      }).pipe(Effect.scoped),
    )

    it.effect("connectors that mean harm get the errors that they get of the sources", () =>
      Effect.gen(function* () {
        const { run } = yield* Installation
        const root = yield* hostileProject(hostile, scene)
        const { stdout, stderr } = yield* run(["sync", "--json"], root)
        const { runs } = JSON.parse(stdout) as { readonly runs: ReadonlyArray<Run> }
        const runOf = (id: string) => runs.find(({ connector }) => connector === id)!
        for (const [name, id] of idsOf(hostile)) {
          const { outcome, error } = runOf(id)
          const { _tag, message } = error as ErrorDocument
          assert.strictEqual(_tag, hostile[name]!.tag, `${name}: ${outcome} ${message} ${stderr}`)
          assert.match(message, hostile[name]!.words!, name)
          assert.strictEqual(readFileSync(path.join(root, `data/${id}.jsonl`), "utf8"), '{"id":1}\n', name)
        }
        assert.strictEqual(runOf("sound").outcome, "success")
      }).pipe(Effect.scoped),
    )

    it.effect("the kit alone brings zod and nothing else, and is a module that Node runs", () =>
      Effect.gen(function* () {
        const { again, root: program } = yield* Installation
        const { root } = yield* again("@openislands/connector-kit")
        assert.sameMembers(readdirSync(path.join(root, "node_modules")), [".package-lock.json", "@openislands", "zod"])
        yield* demandKit(root)
        // Where no registry has it, there is the one that the program brings.
        yield* demandKit((yield* again(path.join(program, "node_modules/openislands/dist/kit"), "zod")).root)
      }).pipe(Effect.scoped),
    )
  },
)

const demandKit = Effect.fnUntraced(function* (cwd: string) {
  const { env } = yield* Installation
  const code = `const kit = await import("@openislands/connector-kit")
        const { testConnector } = await import("@openislands/connector-kit/testing")
        const connector = kit.defineConnector({ description: "x", outputs: { rows: {} }, sync: (ctx) => ctx.insert("rows", [{ id: 1 }]) })
        console.log(JSON.stringify((await testConnector(connector)).rows))`
  const { stdout, stderr } = yield* ended(nodeUnderTest, ["--input-type=module", "-e", code], { cwd, env })
  assert.strictEqual(stdout, '{"rows":[{"id":1}]}\n', stderr)
})
