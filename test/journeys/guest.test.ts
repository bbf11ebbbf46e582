import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as path from "node:path"
import type { ValidationReport } from "../../src/services/ConnectorCatalog.ts"
import { openislands } from "../fixtures/cli.ts"
import { commandLine, processesIn } from "../fixtures/processes.ts"
import { assertErrors, connector, oneConnector, placeOf, status, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

/** Of a failure that has no place in the source: the start of the connector's index file. */
const start = { file: "connectors/one/index.ts", path: "connectors.one.module", line: 1, column: 1 }

/** The end of a connector whose top level is this; asked for once, for some of these take their time. */
const topLevel = Effect.fnUntraced(function* (top: string, message: RegExp, suggestion: RegExp) {
  const root = yield* temporaryProject(oneConnector(connector(top)))
  const { code, stdout, stderr } = yield* openislands(["validate", "--json"], { cwd: root })
  assert.strictEqual(stderr, "")
  const document = JSON.parse(stdout) as ValidationReport
  const human = document.errors.map((error) => `connectors/one/index.ts:1:1 error: ${error.suggestion}`).join("\n")
  assertErrors({ code, document, human }, [{ _tag: "LoadError", ...start, message, suggestion }])
})

describe.concurrent("a connector whose top level", () => {
  it.live("throws: at its place", () =>
    Effect.gen(function* () {
      const source = connector(`const fail = () => {\n  throw new TypeError("not my day")\n}\nfail()\n`)
      const place = { file: "connectors/one/index.ts", path: start.path, ...placeOf(source, "new TypeError") }
      const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
      assertErrors(answer, [{ _tag: "LoadError", ...place, message: /not my day/, suggestion: /into sync/ }])
    }),
  )

  it.live("throws in a helper, below zod: at its place", () =>
    Effect.gen(function* () {
      const helper = `import { z } from "zod"\n\nexport const days = z.number().parse("seven")\n`
      const place = { file: "connectors/one/helper.ts", path: start.path, ...placeOf(helper, "parse(") }
      const root = yield* temporaryProject({
        ...oneConnector(connector(`import { days } from "./helper"\nvoid days\n`)),
        "connectors/one/helper.ts": helper,
      })
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...place, message: /expected number/ }])
    }),
  )

  for (const thrown of ["null", "undefined", `"text"`, "{ toString() { throw 1 } }", "Object.freeze(new Error())"]) {
    it.live(`throws ${thrown}`, () =>
      Effect.gen(function* () {
        const answer = yield* validate(yield* temporaryProject(oneConnector(connector(`throw (${thrown})\n`))))
        assert.strictEqual(answer.code, 1)
        assert.deepInclude(answer.document.errors[0], { reason: "threw", file: start.file })
        assert.isNotEmpty(answer.document.errors[0]?.["detail"])
      }),
    )
  }

  it.live("rejects where nobody looks: at its place", () =>
    Effect.gen(function* () {
      const wait = "await new Promise((done) => setTimeout(done, 500))"
      const source = connector(`void Promise.reject(new Error("adrift"))\n${wait}\n`)
      const place = { file: "connectors/one/index.ts", path: start.path, ...placeOf(source, "new Error") }
      const root = yield* temporaryProject(oneConnector(source))
      assertErrors(yield* validate(root), [{ _tag: "LoadError", ...place, message: /adrift/ }])
    }),
  )

  it.live("exits", () =>
    topLevel("process.exit(0)\n", /ended its own process \(exit code 0\)/, /cannot end its process/),
  )

  it.live("aborts", () => topLevel("process.abort()\n", /ended by SIGABRT/, /./))

  it.live("loops for ever", () => topLevel("for (;;);\n", /took longer than 10 s/, /must finish at once/))

  it.live("waits for ever", () => topLevel("await new Promise(() => {})\n", /took longer than 10 s/, /./))

  it.live("allocates without end, on the heap", () =>
    topLevel(
      "const all: unknown[] = []\nfor (;;) all.push(new Array(1000).fill(all.length))\n",
      /ran out of memory \(256 MiB\)/,
      /./,
    ),
  )

  it.live("allocates without end, in buffers", () =>
    topLevel(
      "const all: unknown[] = []\nfor (;;) all.push(new Uint8Array(1e7).fill(1))\n",
      /used more than 512 MiB of memory|ran out of memory/,
      /./,
    ),
  )

  it.live("prints to stdout: not a byte of it reaches ours", () =>
    Effect.gen(function* () {
      const top = `console.log("HELLO")\nprocess.stdout.write("HELLO")\nconsole.error("HELLO")\n`
      const answer = yield* validate(yield* temporaryProject(oneConnector(connector(top))))
      assertErrors(answer, [])
      assert.notInclude(answer.human, "HELLO")
    }),
  )

  it.live("prints without end: is stopped in time", () =>
    topLevel(`for (;;) process.stdout.write("x".repeat(1e6))\n`, /took longer than 10 s|memory/, /./),
  )

  it.live("reads process.env: gets nothing", () =>
    Effect.gen(function* () {
      const source = connector().replace(`"Test rows"`, "JSON.stringify(process.env)")
      const root = yield* temporaryProject({ ...oneConnector(source), ".env": "TOKEN=secret" })
      const { document } = yield* status(root)
      const env = JSON.parse(document.connectors[0]?.description ?? "") as Record<string, string>
      assert.deepEqual(
        Object.keys(env).filter((name) => !/^(TZ|LANG|LC_|.*_PROXY$|NODE_EXTRA_CA|SSL_CERT)/i.test(name)),
        [],
      )
    }),
  )

  it.live("kills whoever started it: nobody dies", () =>
    Effect.gen(function* () {
      const top = `process.kill(process.ppid, "SIGKILL")\n`
      const answer = yield* validate(yield* temporaryProject(oneConnector(connector(top))))
      assert.strictEqual(answer.code, 1)
      assert.match(answer.document.errors[0]?.message ?? "", /process\.kill is not a function/)
    }),
  )
})

describe.concurrent("a guest whose host is gone", () => {
  it.live.skipIf(process.platform !== "linux")("ends by itself, though nobody had the time to end it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(
        oneConnector(connector("setInterval(() => {}, 1000)\nawait new Promise(() => {})\n")),
      )
      let seen: ReadonlyArray<string> = []
      const { code } = yield* openislands(["validate"], {
        cwd: root,
        onStart: (kill) => {
          const look = setInterval(() => {
            // The host is one, the guest another; esbuild's own helper comes in between.
            seen = processesIn(root).filter((pid) => commandLine(pid).includes("guest.mjs"))
            if (seen.length === 0) return
            clearInterval(look)
            setTimeout(kill, 300, "SIGKILL")
          }, 20)
        },
      })
      assert.isNull(code)
      assert.lengthOf(seen, 1)
      yield* Effect.sleep("50 millis").pipe(Effect.repeat({ until: () => processesIn(root).length === 0, times: 100 }))
      assert.deepEqual(processesIn(root).map(commandLine), [])
    }),
  )

  it.live.skipIf(process.platform !== "linux")("and cannot end, for it loops: the next command ends it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(connector("for (;;);\n")))
      const guests = () => processesIn(root).filter((pid) => commandLine(pid).includes("guest.mjs"))
      yield* openislands(["validate"], {
        cwd: root,
        onStart: (kill) => {
          const look = setInterval(() => {
            if (guests().length === 0) return
            clearInterval(look)
            setTimeout(kill, 500, "SIGKILL")
          }, 20)
        },
      })
      assert.lengthOf(guests(), 1)
      yield* Effect.promise(() => writeFile(path.join(root, "connectors/one/index.ts"), connector()))
      assertErrors(yield* validate(root), [])
      assert.lengthOf(guests(), 0)
      assert.deepEqual(readdirSync(path.join(root, ".openislands/cache/guests")), [])
    }),
  )
})

describe.concurrent("what a connector says of itself", () => {
  it.live("cannot draw on the reader's terminal", () =>
    Effect.gen(function* () {
      const source = connector().replace(`"Test rows"`, String.raw`"\x1b[2J\x9b31m\rok: 1 connector"`)
      const { human } = yield* status(yield* temporaryProject(oneConnector(source)))
      assert.include(human, "ok: 1 connector")
      assert.notMatch(human, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }),
  )

  it.live("cannot be an answer of any length", () =>
    Effect.gen(function* () {
      const source = connector().replace(`"Test rows"`, `"x".repeat(2e7)`)
      const answer = yield* validate(yield* temporaryProject(oneConnector(source)))
      assertErrors(answer, [{ _tag: "LoadError", ...start, message: /sent what a connector cannot send/ }])
    }),
  )
})
