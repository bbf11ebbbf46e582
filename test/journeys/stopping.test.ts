import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { tryLock } from "../../src/layers/store/SqliteLocks.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesAndHistoryOf,
  leftOverIn,
  nothingLeft,
  oneOutput,
  startCli,
  syncAt,
  syncing,
  synced,
  untilLogged,
} from "../fixtures/syncing.ts"

const holder = path.join(import.meta.dirname, "../fixtures/lockHolder.ts")

/** Another process has the project's commit lock; gives what has it let go. */
const committingElsewhere = (lock: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [holder, lock, "exclusive"], { stdio: ["pipe", "pipe", "inherit"] })
      await once(child.stdout, "data")
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  ).pipe(
    Effect.map((child) =>
      Effect.promise(async () => {
        child.stdin.end()
        await once(child, "exit")
      }),
    ),
  )

/** Somebody waits for the commit lock: until he has it he holds this one. */
const untilWaitedFor = (lock: string) =>
  tryLock(lock.replace(".lock", "-turn.lock")).pipe(
    Effect.scoped,
    Effect.as(false),
    Effect.catchTag("LockBusy", () => Effect.succeed(true)),
    Effect.repeat({ until: (busy) => busy, schedule: Schedule.spaced("20 millis") }),
  )

const entry = { permissions: { read: ["gate"] } }
const source = (end: string) =>
  syncing(
    `    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    await ctx.insert("rows", [{ n }])
    ctx.log(\`at gate \${n}\`)
    while (!readdirSync("gate").includes("open")) await new Promise((done) => setTimeout(done, 5))
    ${end}`,
    "",
    `import { readdirSync } from "node:fs"\n`,
  )

describe.concurrent("a sync that waits while another process commits", () => {
  for (const [what, end] of Object.entries({
    "at its end": "",
    "on its way, by ctx.checkpoint": `await ctx.checkpoint()\n    await ctx.insert("rows", [{ n: 0 }])`,
  })) {
    it.live(`is ended by Ctrl-C ${what}, with nothing committed; the next one commits`, () =>
      Effect.gen(function* () {
        const files = { ...oneOutput("", "rows.csv", entry), "connectors/one/index.ts": source(end) }
        const root = yield* temporaryProject({ ...files, "gate/open": "" })
        yield* synced(root)
        const before = bytesAndHistoryOf(root)
        rmSync(path.join(root, "gate/open"))

        const running = yield* startCli(root, ["sync"])
        yield* untilLogged(root, "one", "at gate 2")
        const lock = path.join(root, ".openislands/locks/commit.lock")
        const letGo = yield* committingElsewhere(lock)
        writeFileSync(path.join(root, "gate/open"), "")
        yield* untilWaitedFor(lock)
        running.kill("program", "SIGINT")
        const { code, stdout, stderr } = yield* running.ended
        assert.strictEqual(code, 130)
        assert.match(stdout, /^one {2}failed\n {2}the sync of connector "one" was interrupted/)
        assert.match(stderr, /this run could not be recorded: others are committing/)
        assert.deepEqual(bytesAndHistoryOf(root), before)

        yield* letGo
        assert.deepEqual(leftOverIn(root), nothingLeft)
        assert.strictEqual((yield* syncAt(root)).run.outcome, "success")
      }),
    )
  }
})
