import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import * as path from "node:path"
import { demo } from "../fixtures/demo.ts"
import { processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { freePort } from "../fixtures/served.ts"

/** A port that somebody else has, as long as the scope. */
const takenPort = Effect.acquireRelease(
  Effect.callback<ReturnType<typeof createServer>>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close()),
).pipe(Effect.map((server) => (server.address() as AddressInfo).port))

describe("npm run demo -- --once", () => {
  it.live("signs in, syncs, fails, recovers, queries, writes, undoes and redoes, and leaves nothing running", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const project = path.join(root, "demo")
      const { code, stdout, stderr } = yield* demo(["--once", "--dir", project], { cwd: root })
      assert.strictEqual(stderr, "")
      assert.strictEqual(code, 0, stdout)

      let rest = stdout
      for (const [what, told] of [
        ["an agent or a command cannot sign in", /connector "walks" is not connected\n {2}A human has to sign in/],
        ["the human clicks Connect", /the human clicks Connect, and is sent to http:\/\/127\.0\.0\.1:\d+\/auth\n/],
        ["and is asked", /the human reads "May OpenIslands see your walks\?", and clicks Allow\n/],
        ["and is back", /the human is sent back to \S+\/walks\/auth\/callback, and reads "Connected"\n/],
        [
          "all connectors sync",
          /\$ openislands sync\n(?=[^$]*^tides {2}tides \+8,\d+ rows)(?=[^$]*^walks {2}walks ~ 12\d rows)(?=[^$]*^waves {2}waves = 480 rows)[^$]*^ferries {2}departures ~ 27\d rows/m,
        ],
        ["a provider that is asked too often", /429/],
        [
          "an hour later there is more",
          /\$ openislands sync\n(?=[^$]*^tides {2}tides \+2,1\d\d rows)(?=[^$]*^walks {2}walks ~ 3\d rows)[^$]*^waves {2}failed\n.*"height_m" is number/m,
        ],
        ["what failed is well again", /^waves {2}waves = 480 rows/m],
        ["a query over two providers", /^left_at +harbour +to +vessel +passengers +level_cm$/m],
        ["an action", /^swims insert 1 row$/m],
        ["its undo", /^swims: 1 row taken back$/m],
        ["an undo of a sync", /^tides: 2,1\d\d rows taken back$/m],
        ["its redo", /^tides: 2,1\d\d rows brought back$/m],
        ["the history", /rollback {2}tides: 2,1\d\d rows brought back\n/],
        ["the end", /^Done, and nothing of it runs any more\./m],
      ] as const) {
        const found = told.exec(rest)
        assert.isNotNull(found, `${what} is not told, or not in its order:\n${stdout}`)
        rest = rest.slice(found!.index + found![0].length)
      }

      // What the undo took away the redo brought back: a row a line, and the header.
      const [before, less, after] = [...stdout.matchAll(/^ *rows +newest *\n[- ]+\n(\d+) /gm)].map(([, rows]) =>
        Number(rows),
      )
      assert.strictEqual(
        less,
        before! - Number(/^tides: ([\d,]+) rows taken back$/m.exec(stdout)?.[1]?.replace(",", "")),
      )
      assert.strictEqual(after, before)
      const file = readFileSync(path.join(project, "data/tides.csv"), "utf8")
      assert.lengthOf(file.trimEnd().split("\n"), before! + 1)

      assert.deepEqual(processesIn(project), [])
      assert.isFalse(existsSync(path.join(project, ".openislands/serve.json")))
      // Secrets are in its .env, and nowhere in what was told.
      for (const [, value] of readFileSync(path.join(project, ".env"), "utf8").matchAll(
        /^(?:FERRY_TOKEN|\w+_SECRET)=(.*)$/gm,
      ))
        assert.notInclude(stdout, value!)
    }),
  )
})

const keysOf = (env: string): string => env.replaceAll(/=.*/g, "=")

describe("npm run demo", () => {
  it.live("leaves a directory alone that is not a demo's, and starts at no other port than the one asked for", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "mine/notes.txt": "dear diary" })
      const refused = yield* demo(["--dir", "mine"], { cwd: root })
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /^error: \S+mine holds something else\n {2}Name another directory with --dir\.\n$/)
      assert.deepEqual(readdirSync(path.join(root, "mine")), ["notes.txt"])

      const port = yield* takenPort
      const busy = yield* demo(["--dir", "demo", "--port", String(port)], { cwd: root })
      assert.strictEqual(busy.code, 1)
      assert.match(busy.stderr, /^error: port \d+ is not free\n {2}Leave --port out, or name another\.\n$/)
      assert.isFalse(existsSync(path.join(root, "demo")))
    }),
  )

  it.live("is ended by a Ctrl-C that comes while it starts, and goes on later with all that is in its directory", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const project = path.join(root, "demo")
      const until = (file: string) =>
        Effect.sync(() => existsSync(path.join(project, file))).pipe(
          Effect.repeat({ until: (isThere) => isThere, schedule: Schedule.spaced("20 millis") }),
        )
      const startAndStop = Effect.fnUntraced(function* (...more: ReadonlyArray<string>) {
        const port = String(yield* freePort)
        const kill = yield* Deferred.make<(signal: NodeJS.Signals) => void>()
        const onStart = (send: (signal: NodeJS.Signals) => void) => Deferred.doneUnsafe(kill, Effect.succeed(send))
        const ended = yield* demo(["--dir", project, "--port", port, ...more], { cwd: root, onStart }).pipe(
          Effect.forkScoped,
        )
        yield* until("serve.log")
        ;(yield* Deferred.await(kill))("SIGINT")
        return yield* Fiber.join(ended)
      })
      assert.deepEqual(yield* startAndStop(), { code: 0, stdout: "Stopped.\n", stderr: "" })
      assert.deepEqual(processesIn(project), [])

      const env = path.join(project, ".env")
      const before = readFileSync(env, "utf8")
      writeFileSync(env, `MINE=a-key-of-my-own\n\n${before}`)
      rmSync(path.join(project, "serve.log"))
      assert.deepEqual(yield* startAndStop("--keep"), { code: 0, stdout: "Stopped.\n", stderr: "" })
      const after = readFileSync(env, "utf8")
      assert.strictEqual(keysOf(after), keysOf(`MINE=\n\n${before}`))
      assert.include(after, "MINE=a-key-of-my-own\n")
      assert.notInclude(after, /FERRY_TOKEN=.*/.exec(before)![0])
    }),
  )

  it.live("says what is wrong with a directory", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "a-file": "x", "damaged/.demo.json": "{" })
      for (const [args, told] of [
        [
          ["--dir", "a-file"],
          /^error: \S+a-file cannot be used \(ENOTDIR\)\n {2}Name another directory with --dir\.\n$/,
        ],
        [["--dir", "a-file/demo"], /^error: \S+demo cannot be used \(ENOTDIR\)\n {2}Name another/],
        [["--dir", "damaged", "--keep"], /^error: \S+\.demo\.json is damaged\n {2}Leave --keep out/],
      ] as const) {
        const refused = yield* demo([...args, "--port", "0"], { cwd: root })
        assert.strictEqual(refused.code, 1)
        assert.match(refused.stderr, told)
      }
    }),
  )

  it.live("tells what it takes, and of what it doesn't", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const help = yield* demo(["--help"], { cwd: root })
      assert.deepInclude(help, { code: 0, stderr: "" })
      for (const [wrong, told] of [
        ["--onse", /^Unknown option '--onse'/],
        ["--port=a", /^--port "a": expected a port: 0 to 65535\n/],
        ["--port=65536", /^--port "65536": expected a port: 0 to 65535\n/],
      ] as const) {
        const refused = yield* demo([wrong], { cwd: root })
        assert.deepInclude(refused, { code: 2, stdout: "" })
        assert.match(refused.stderr, told)
        assert.isTrue(refused.stderr.endsWith(`\n\n${help.stdout}`), refused.stderr)
      }
      assert.deepEqual(readdirSync(root), [])
      // The same as the pages that are made from the command line's own description.
      const page = readFileSync("docs/cli.md", "utf8")
      for (const [, flag, says] of help.stdout.matchAll(/^ {2}(--\w+) +(.+)$/gm)) {
        assert.match(page, new RegExp(`^\\| \`${flag}\`.* \\| ${says!.replace(/[.()]/g, "\\$&")} +\\|$`, "m"))
      }
    }),
  )
})
