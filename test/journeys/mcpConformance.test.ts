import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inject } from "vitest"
import { connector, oneConnector } from "../fixtures/journey.ts"
import { tool } from "../fixtures/programs.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { served } from "../fixtures/served.ts"

/** Scenarios of the public conformance package that ask nothing of a server but the protocol. */
const generic = [
  "server-initialize",
  "ping",
  "tools-list",
  "resources-list",
  "prompts-list",
  "server-sse-multiple-streams",
  "dns-rebinding-protection",
]

const fixture = "calls a tool of the package's own example server, by its name"
const absent = "is of a capability that this server doesn't announce"

/** Those that don't apply, and why. */
const others: Readonly<Record<string, string>> = {
  "logging-set-level": absent,
  "completion-complete": absent,
  "resources-subscribe": absent,
  "resources-unsubscribe": absent,
  "tools-call-simple-text": fixture,
  "tools-call-image": fixture,
  "tools-call-audio": fixture,
  "tools-call-embedded-resource": fixture,
  "tools-call-mixed-content": fixture,
  "tools-call-with-logging": fixture,
  "tools-call-error": fixture,
  "tools-call-with-progress": fixture,
  "tools-call-sampling": fixture,
  "tools-call-elicitation": fixture,
  "json-schema-2020-12": fixture,
  "elicitation-sep1034-defaults": fixture,
  "elicitation-sep1330-enums": fixture,
  "server-sse-polling": `${fixture}, which closes its own stream; ours stay open`,
  "resources-read-text": "reads a resource of the package's own example server",
  "resources-read-binary": "reads a resource of the package's own example server",
  "resources-templates-read": "reads a resource of the package's own example server",
  "prompts-get-simple": "gets a prompt of the package's own example server",
  "prompts-get-with-args": "gets a prompt of the package's own example server",
  "prompts-get-embedded-resource": "gets a prompt of the package's own example server",
  "prompts-get-with-image": "gets a prompt of the package's own example server",
}

const project = temporaryProject(
  oneConnector(connector().replace("sync() {}", `async sync(ctx) { await ctx.insert("rows", [{ a: 1 }]) }`)),
)

describe.concurrent("the public conformance package", () => {
  it.live("has no scenario that is not named here", () =>
    Effect.gen(function* () {
      const { stdout } = yield* tool("conformance", ["list", "--server"], yield* project)
      const named = [...stdout.matchAll(/^ +- (\S+)/gm)].map(([, name]) => name!)
      assert.sameMembers(named, [...generic, ...Object.keys(others)])
    }),
  )

  for (const scenario of generic) {
    it.live(`passes ${scenario}`, () =>
      Effect.gen(function* () {
        const root = yield* project
        const origin = yield* served(root)
        const args = ["server", "--url", `${origin}/mcp`, "--scenario", scenario]
        const { code, stdout, stderr } = yield* tool("conformance", args, root)
        assert.strictEqual(code, 0, stdout + stderr)
        assert.match(stdout + stderr, /Passed: (\d+)\/\1, 0 failed, 0 warnings/)
      }),
    )
  }
})

describe.concurrent("the MCP Inspector's command line", () => {
  for (const transport of ["HTTP", "stdio"]) {
    it.live(`finds nothing to say about the tools, and gets all there is, over ${transport}`, () =>
      Effect.gen(function* () {
        const root = yield* project
        const where =
          transport === "HTTP"
            ? [`${yield* served(root)}/mcp`, "--transport", "http"]
            : [process.execPath, inject("cli"), "mcp"]
        const inspect = (...args: ReadonlyArray<string>) => tool("mcp-inspector", ["--cli", ...where, ...args], root)
        const tools = yield* inspect("--method", "tools/list", "--strict")
        assert.strictEqual(`${tools.code} ${tools.stderr}`, "0 ", "it has something to say")
        for (const [method, member] of [
          ["resources/list", "resources"],
          ["resources/templates/list", "resourceTemplates"],
          ["prompts/list", "prompts"],
        ] as const) {
          const { code, stdout } = yield* inspect("--method", method)
          assert.strictEqual(code, 0)
          assert.isNotEmpty(JSON.parse(stdout)[member], method)
        }
        const called = yield* inspect("--method", "tools/call", "--tool-name", "run_sync", "--tool-arg", "name=one")
        assert.deepInclude(JSON.parse(called.stdout).structuredContent, { outcome: "success" })
        const failed = yield* inspect("--method", "tools/call", "--tool-name", "run_sync", "--tool-arg", "name=two")
        assert.strictEqual(failed.code, 5)
      }),
    )
  }
})
