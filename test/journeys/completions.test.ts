import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, symlink } from "node:fs/promises"
import * as path from "node:path"
import { inject } from "vitest"
import { openislands } from "../fixtures/cli.ts"
import { kitImport, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const source = `${kitImport}export default defineConnector({
  description: "x", outputs: { rows: {} }, async sync(ctx) { await ctx.insert("rows", [{ id: 1 }]) } })\n`

/** What bash has in COMPREPLY after TAB at the end of each line, and how it was told to go on where there is nothing. */
const bash = (root: string, lines: ReadonlyArray<ReadonlyArray<string>>) =>
  Effect.callback<ReadonlyArray<string>>((resume) => {
    const quoted = lines.map((words) => words.map((word) => `'${word}'`).join(" "))
    const script = `source <(openislands --completions bash) || exit 9
      complete -p openislands
      try() {
        COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}; COMPREPLY=()
        _openislands_named openislands "\${@: -1}" "\${@: -2:1}"
        echo "\${COMPREPLY[*]}"
      }
      ${quoted.map((words) => `try openislands ${words}`).join("\n")}`
    const env = { PATH: `${path.join(root, "bin")}:${process.env["PATH"]}`, HOME: root }
    execFile("bash", ["--norc", "-c", script], { cwd: root, env }, (failed, stdout, stderr) => {
      if (failed !== null || stderr !== "") resume(Effect.die(new Error(`${failed?.message} ${stderr}`)))
      else resume(Effect.succeed(stdout.trimEnd().split("\n")))
    })
  })

describe.concurrent("completion", () => {
  it.live("bash completes commands, flags, paths, and the project's own names", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        "there/manifest.json": manifest({ whoop: { module: "connectors/one" }, weather: { module: "connectors/one" } }),
        "there/connectors/one/index.ts": source,
        "broken/manifest.json": "{ nonsense",
        "hostile/manifest.json": manifest({ "$(touch${IFS}ran)": {}, "`touch${IFS}ran`": {}, "*": {}, fine: {} }),
      })
      yield* Effect.promise(async () => {
        await mkdir(path.join(root, "bin"))
        await chmod(inject("cli"), 0o755)
        await symlink(inject("cli"), path.join(root, "bin", "openislands"))
      })
      const { stdout } = yield* openislands(["sync", "there", "whoop", "--json"], { cwd: root })
      const { runs } = JSON.parse(stdout) as { readonly runs: ReadonlyArray<{ runId: string; checkpoint_id: string }> }

      const expected: ReadonlyArray<readonly [words: ReadonlyArray<string>, reply: string]> = [
        [["s"], "sync status schema serve"],
        [["sync", "there", ""], "whoop weather"],
        [["sync", "-p", "there", "we"], "weather"],
        [["preview", "--project", "=", "there", "w"], "whoop weather"],
        [["contract", "there", "wh"], "whoop"],
        [["rollback", "there", ""], runs[0]!.checkpoint_id],
        [["logs", "there", ""], runs[0]!.runId],
        [["sync", "-p", "the"], "there"],
        [["sync", "--"], "--project --full --no-full --force --no-force --json --key-file --help"],
        [["new", "--auth", ""], "none key bearer oauth2"],
        [["new", "--paging", ""], "cursor page link none"],
        [["init", "--example", ""], "quickstart health catalog"],
        // There is nothing to say, and nothing is: readline goes on with files.
        [["sync", "broken", ""], ""],
        [["action", "there", ""], ""],
        [["sync", ""], ""],
        [["sync", "hostile", ""], "fine"],
      ]
      const [how, ...replies] = yield* bash(
        root,
        expected.map(([words]) => words),
      )
      assert.strictEqual(how, "complete -o bashdefault -o default -F _openislands_named openislands")
      assert.deepEqual(
        expected.map(([words], at) => [words, replies[at] ?? ""]),
        expected.map(([words, reply]) => [words, reply]),
      )
      assert.isFalse(existsSync(path.join(root, "ran")), "a name of the manifest was run by the shell")
    }),
  )

  for (const [shell, asks] of [
    ["zsh", /'\*:One connector;.*:_openislands_names'[^]*^_openislands_names\(\) \{\n[^]*openislands complete -- /m],
    [
      "fish",
      /^complete -c openislands -n '__fish_seen_subcommand_from preview sync [^']*' -f -a '\(__openislands_names\)'$/m,
    ],
  ] as const) {
    it.live(`the script for ${shell} asks for names as well`, () =>
      Effect.gen(function* () {
        const { code, stdout } = yield* openislands(["--completions", shell], { cwd: "/" })
        assert.strictEqual(code, 0)
        assert.match(stdout, asks)
      }),
    )
  }

  it.live("what answers the shells is no command for people", () =>
    Effect.gen(function* () {
      const { stdout } = yield* openislands(["--help"], { cwd: "/" })
      assert.notMatch(stdout, /^ +complete /m)
    }),
  )
})
