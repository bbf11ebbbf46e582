import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import { type Ended, openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { oneOutput } from "../fixtures/syncing.ts"

const project = "my data"
const { "manifest.json": declared = "", "connectors/one/index.ts": source = "" } = oneOutput(
  `    await ctx.insert("rows", [{ id: 1 }])`,
)
const files = {
  [`${project}/manifest.json`]: JSON.stringify({
    ...JSON.parse(declared),
    actions: { add: { dataset: "rows", mode: "insert" } },
  }),
  [`${project}/connectors/one/index.ts`]: source,
}

/** As somebody types it who has `openislands` on his path. */
const typed = (command: string, cwd: string): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const script = `openislands() { "${process.execPath}" "${inject("cli")}" "$@"; }\n${command}`
    const child = execFile("sh", ["-c", script], { cwd }, (_, stdout, stderr) =>
      resume(Effect.succeed({ code: child.exitCode, stdout, stderr })),
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const commandsIn = ({ stdout, stderr }: Ended): ReadonlyArray<string> =>
  [...(stdout + stderr).matchAll(/openislands [a-z]+[^"\n;]*/g)].map(([command]) => command)

it.live("every command that is printed can be pasted where the last one was given", () =>
  Effect.gen(function* () {
    const above = yield* temporaryProject(files)
    const root = path.join(above, project)
    const run = (...args: ReadonlyArray<string>) => openislands(args, { cwd: above })

    const made = commandsIn(yield* run("init", "new data"))
    assert.deepEqual(made, [`openislands new './new data' <name>`, `openislands validate './new data'`])
    const [preview] = commandsIn(yield* run("new", "-p", "new data", "plays"))
    assert.strictEqual(preview, `openislands preview './new data' plays`)

    yield* run("sync", project)
    const [back] = commandsIn(yield* run("action", "-p", project, "add", "--row", `{"id": 2}`))
    assert.match(back ?? "", /^openislands rollback '\.\/my data' \S+$/)
    const [redo] = commandsIn(yield* typed(back!, above))
    assert.match(redo ?? "", /^openislands rollback '\.\/my data' \S+$/)
    assert.strictEqual((yield* typed(redo!, above)).code, 0)
    assert.strictEqual(readFileSync(path.join(root, "data/rows.csv"), "utf8"), "id\n1\n2\n")

    writeFileSync(path.join(root, "connectors/one/index.ts"), source.replace("id: 1", "id: nothing"))
    const failed = commandsIn(yield* run("sync", project, "one"))
    assert.deepEqual(
      [...new Set(failed.map((command) => command.replace(/ \d{8}T.*/, "")))],
      [`openislands preview './my data' one`],
    )
    for (const [args, next] of [
      [["history", project, "--keep", "3"], `openislands history './my data' --prune --keep 3`],
      [["query", project], `openislands query './my data' `],
      [["contract", project], `openislands contract './my data' <dataset>`],
      [["logs", project, "nothing"], `openislands runs './my data'`],
      [["status", "elsewhere/"], `openislands init ./elsewhere`],
    ] as const) {
      assert.deepEqual(commandsIn(yield* run(...args)), [next])
    }
  }),
)
