import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import own from "../../package.json" with { type: "json" }
import { openislands } from "../fixtures/cli.ts"
import { connector, inBothForms, manifest, oneConnector, validate } from "../fixtures/journey.ts"
import { processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"

interface Failure {
  readonly error: { readonly _tag: string; readonly message: string; readonly suggestion: string }
}

const sound = oneConnector(connector())

const help = (command: string) => openislands([command, "--help"], { cwd: "/" })

describe.concurrent("the command line", () => {
  it.live("answers --version and --help on stdout, with 0", () =>
    Effect.gen(function* () {
      const version = yield* openislands(["--version"], { cwd: "/" })
      assert.deepEqual(version, { code: 0, stdout: `openislands v${own.version}\n`, stderr: "" })
      for (const args of [["--help"], [], ["validate", "--help"]]) {
        const { code, stdout, stderr } = yield* openislands(args, { cwd: "/" })
        assert.strictEqual(code, 0)
        assert.match(stdout, /validate/)
        assert.strictEqual(stderr, "")
      }
    }),
  )

  for (const [args, message] of [
    [["valdate"], /valdate/],
    [["validate", "--jsn"], /jsn/],
    [["validate", ".", "--project", "."], /the project is given twice/],
    [["validate", ".", "more"], /unexpected argument: more/],
    [["status", "whoop", "strava"], /unexpected argument: strava/],
    [["init", "a", "--project", "b"], /the project is given twice/],
    [["validate", "--project"], /project/],
    [["status", "-p", ""], /Missing value for flag --project/],
    [["sync", ""], /<connector>: "".*not empty/],
    [["rollback", ""], /<checkpoint>: "".*not empty/],
    [["init", ""], /<directory>: "".*not empty/],
    [["runs", "--limit", "-1"], /--limit: "-1".*an integer of at least 1/],
    [["runs", "--limit", "0"], /--limit: "0".*an integer of at least 1/],
    [["runs", "--limit", "1.5"], /--limit: "1.5".*an integer of at least 1/],
    [["runs", "--limit", "x"], /--limit: "x".*an integer of at least 1/],
    [["cancel"], /which run\?/],
    [["sync", "--force"], /--force only goes with --full/],
    [["history", "--keep", "3"], /--keep only goes with --prune/],
    [["history", "--prune", "--keep", "0"], /--keep: "0".*1 or more/],
    [["contract"], /which dataset\?/],
    [["contract", "one", "--settle", "id"], /takes column=type, not "id"/],
    [["contract", "one", "--settle", "id=strng"], /there is no type "strng"/],
    [
      ["contract", "one", "--settle", "id=string", "--settle", "id=date"],
      /gives column "id" two types: string and date/,
    ],
  ] as const) {
    it.live(`wrong usage is 2: ${args.join(" ")}`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(sound)
        const { code, document, human } = yield* inBothForms<Failure>(args, { cwd: root })
        assert.strictEqual(code, 2)
        assert.strictEqual(document.error._tag, "UsageError")
        assert.match(document.error.message, message)
        assert.hasAllKeys(document.error, ["_tag", "message", "suggestion"])
        assert.strictEqual(human, `error: ${document.error.message}\n  ${document.error.suggestion}\n`)
      }),
    )
  }

  it.live("help shows what stands where as it is typed", () =>
    Effect.gen(function* () {
      const { stdout } = yield* help("sync")
      assert.match(stdout, /^ {2}openislands sync \[flags\] \[<directory>\] \[<connector>\]$/m)
      assert.match(stdout, /^ {2}connector string +One connector \(optional\)$/m)
      assert.include((yield* help("contract")).stdout, "contract [flags] [<directory>] <dataset>\n")
      assert.include((yield* help("serve")).stdout, "serve [flags] [<directory>]\n")
    }),
  )

  it.live("--json is taken in each of the ways in which a flag can be written", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(sound)
      const told = (...args: ReadonlyArray<string>) =>
        Effect.map(openislands(["datasets", ...args], { cwd: root }), ({ code, stdout }) => [code, stdout[0]])
      for (const args of [["--json"], ["--json=true"], ["--json", "yes"]]) {
        assert.deepEqual(yield* told(...args), [0, "{"], args.join(" "))
      }
      for (const args of [["--no-json"], ["--json=false"], ["--json", "off"]]) {
        assert.deepEqual(yield* told(...args), [0, "o"], args.join(" "))
      }
      assert.deepEqual(yield* told("--json=maybe"), [2, "{"])
    }),
  )

  it.live("what may have been meant is in the suggestion", () =>
    Effect.gen(function* () {
      const { document } = yield* inBothForms<Failure>(["valdate"], { cwd: "/" })
      assert.strictEqual(document.error.message, 'Unknown subcommand "valdate" for "openislands"')
      assert.strictEqual(document.error.suggestion, 'Did you mean "validate"? See "openislands --help".')
      // What others call it is no typing mistake.
      for (const [name, meant] of [
        ["undo", "rollback"],
        ["redo", "rollback <the rollback's id>"],
        ["start", "serve"],
      ] as const) {
        const { error } = (yield* inBothForms<Failure>([name], { cwd: "/" })).document
        assert.strictEqual(error.suggestion, `Did you mean "${meant}"? See "openislands --help".`)
      }
      const odd = (yield* inBothForms<Failure>(["constructor"], { cwd: "/" })).document
      assert.notInclude(odd.error.suggestion, "native code")
    }),
  )

  it.live("arguments that have changed places, or are one too many, are told where they belong", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(sound)
      const parent = path.dirname(root)
      const there = `./${path.basename(root)}`
      for (const [args, cwd, message, suggestion] of [
        [
          ["sync", "one", there, "--full"],
          parent,
          /directory comes first: \.\//,
          `Write: openislands sync ${there} one --full`,
        ],
        [["preview", "one", "."], root, /directory comes first: \./, "Write: openislands preview . one"],
        [["query", "SELECT 1/2", "."], root, /directory comes first: \./, "Write: openislands query . 'SELECT 1/2'"],
        [
          ["sync", "one", "two"],
          root,
          /argument: two/,
          '"one" is a connector of the project here: openislands sync . one',
        ],
        [
          ["sync", "ones", "two"],
          root,
          /argument: two/,
          'If "ones" is to be the project: there is no manifest.json in it.',
        ],
        [
          ["validate", "one"],
          root,
          /argument: one/,
          '"one" is a connector of the project here, and this command takes none.',
        ],
        [
          ["validate", "data"],
          parent,
          /argument: data/,
          'If "data" is to be the project: there is no manifest.json in it.',
        ],
      ] as const) {
        const { code, stderr } = yield* openislands(args, { cwd })
        assert.strictEqual(code, 2)
        assert.match(stderr, message)
        assert.strictEqual(stderr.split("\n")[1], `  ${suggestion}`)
      }
    }),
  )

  it.live("logs of what is no run says so, even where it looks like a directory", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(sound)
      const { code, document } = yield* inBothForms<Failure>(["logs", "../../x"], { cwd: root })
      assert.strictEqual(code, 1)
      assert.deepInclude(document.error, { _tag: "UnknownRun", message: 'there is no run "../../x"' })
      const { stderr } = yield* openislands(["cancel", "../../x"], { cwd: root })
      assert.match(stderr, /^ {2}"openislands runs" lists /m)
    }),
  )

  it.live("takes the project as a positional, by -p, by --project, or as the current directory", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(sound)
      const [name, parent] = [path.basename(root), path.dirname(root)]
      const outcomes = yield* Effect.forEach(
        [[root], [`./${name}`], [name], ["-p", name], ["--project", root], ["--project=" + root]],
        (args) => openislands(["status", ...args], { cwd: parent }),
      )
      outcomes.push(yield* openislands(["status"], { cwd: root }), yield* openislands(["status", "."], { cwd: root }))
      for (const { code, stdout } of outcomes) {
        assert.strictEqual(code, 0)
        assert.match(stdout, /^one {2}connected\n/)
      }
    }),
  )

  it.live("status shows one connector, and knows those that there are", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(sound)
      const all = yield* inBothForms(["status"], { cwd: root })
      assert.deepEqual(yield* inBothForms(["status", "one"], { cwd: root }), all)
      const { code, document } = yield* inBothForms<Failure>(["status", "ones"], { cwd: root })
      assert.strictEqual(code, 1)
      assert.deepInclude(document.error, { _tag: "UnknownConnector" })
    }),
  )

  it.live("a directory that isn't a project is a failure with its next step", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ file: "" })
      for (const [target, tag] of [
        ["./missing", "ProjectNotFound"],
        ["./file", "ProjectNotFound"],
        [".", "ManifestUnreadable"],
      ] as const) {
        const { code, document, human } = yield* inBothForms<Failure>(["status", target], { cwd: root })
        assert.strictEqual(code, 1)
        assert.strictEqual(document.error._tag, tag)
        assert.match(document.error.suggestion, /openislands init/)
        assert.match(human, /^error: .*\n {2}.*openislands init/)
      }
    }),
  )

  it.live(
    "a current directory that was removed is a failure with its next step; another project is reached all the same",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(sound)
        const removed = (args: string) =>
          Effect.callback<string>((resume) => {
            const line = `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" "${inject("cli")}" ${args} 2>&1`
            execFile("/bin/sh", ["-c", line], { cwd: root }, (_, stdout) => resume(Effect.succeed(stdout)))
          })
        for (const args of ["status", "status .", "init", "init x", "logs ./x"]) {
          assert.match(yield* removed(args), /^error: the current directory was removed\n {2}Change /, args)
        }
        assert.match(yield* removed(`history "${root}"`), /^no checkpoints/)
      }),
  )

  it.live("what there is no manifest of has no place in it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const { code, document, human } = yield* validate(root)
      assert.strictEqual(code, 1)
      assert.deepInclude(document.errors[0], { file: "manifest.json", path: "", line: null, column: null })
      assert.match(human, /^manifest\.json error: there is no manifest\.json in \//)
    }),
  )

  if (process.platform === "linux") {
    it.live("a file system that takes no directory is a named failure, not a command that never ends", () =>
      Effect.gen(function* () {
        const init = yield* inBothForms<Failure>(["init", "/proc/openislands/x"], { cwd: "/" })
        assert.strictEqual(init.code, 1)
        assert.match(init.human, /^error: \/proc\/openislands\/x cannot be written \(ENOENT\)\n/)
        const rollback = yield* inBothForms<Failure>(["rollback"], { cwd: "/proc/self/fd" })
        assert.strictEqual(rollback.code, 1)
        assert.strictEqual(rollback.document.error._tag, "ManifestUnreadable")
      }),
    )
  }

  it.live("Ctrl-C is 130 and leaves nobody behind", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject(oneConnector(connector("await new Promise(() => {})\n")))
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const { code, stdout, stderr } = yield* openislands(["validate", "--json"], {
          cwd: root,
          onStart: (kill) => {
            // The program and its guest, which hangs.
            const waiting = setInterval(() => {
              if (processesIn(root).length < 2) return
              clearInterval(waiting)
              kill(signal)
            }, 50)
          },
        })
        assert.deepEqual({ code, stdout, stderr }, { code: 130, stdout: "", stderr: "" })
        assert.deepEqual(processesIn(root), [])
      }
    }),
  )

  it.live("a reader that goes away is no failure", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 40 }, (_, index) => `broken${index}`)
      const root = yield* temporaryProject({
        "manifest.json": manifest(Object.fromEntries(names.map((name) => [name, {}]))),
      })
      const line = `"${process.execPath}" "${inject("cli")}" validate --json 2>&1 >/dev/full; "${process.execPath}" "${inject("cli")}" validate --json 2>&1 | head -c 1`
      const output = yield* Effect.callback<string>((resume) => {
        execFile("/bin/sh", ["-c", line], { cwd: root }, (_, stdout, stderr) => resume(Effect.succeed(stdout + stderr)))
      })
      assert.strictEqual(output, "{")
    }),
  )

  it.live("a reader that goes away ends no sync that is under way", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "manifest.json": manifest({ one: {}, two: {}, three: {} }),
        "connectors/one/index.ts": connector(),
        "connectors/two/index.ts": connector(),
        "connectors/three/index.ts": connector(),
        "connectors/three/three.test.ts": `import { test } from "node:test"\ntest("passes", () => {})\n`,
      })
      assert.deepEqual(yield* into("nobody", ["sync"], root), { code: 0, stderr: "" })
      const { stdout } = yield* openislands(["runs", "--json"], { cwd: root })
      const { runs } = JSON.parse(stdout) as { readonly runs: ReadonlyArray<{ readonly outcome: string }> }
      assert.deepEqual(
        runs.map(({ outcome }) => outcome),
        ["success", "success", "success"],
      )
      assert.deepEqual(yield* into("nobody", ["test"], root), { code: 0, stderr: "" })
      assert.deepEqual(yield* into("nobody", ["demo", "--once"], root), { code: 0, stderr: "" })
    }),
  )

  if (process.platform === "linux") {
    it.live("an answer for which the disk has no room is a failure, told on stderr", () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject(sound)
        for (const args of [["status"], ["status", "--json"]]) {
          const { code, stderr } = yield* into("/dev/full", args, root)
          assert.strictEqual(code, 1)
          assert.match(stderr, /^error: the output of this command could not be written \(ENOSPC\).*\n {2}What .*\n$/)
        }
      }),
    )
  }
})

/** Runs it with stdout going to a file, or to nobody. */
const into = (file: string, args: ReadonlyArray<string>, cwd: string) =>
  Effect.callback<{ readonly code: number | null; readonly stderr: string }>((resume) => {
    const stdout = file === "nobody" ? "pipe" : openSync(file, "w")
    const child = spawn(process.execPath, [inject("cli"), ...args], { cwd, stdio: ["ignore", stdout, "pipe"] })
    if (typeof stdout === "number") closeSync(stdout)
    child.stdout?.destroy()
    let stderr = ""
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("close", (code) => resume(Effect.succeed({ code, stderr })))
  })
