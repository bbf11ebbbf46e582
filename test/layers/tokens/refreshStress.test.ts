import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import { signingIn } from "../../fixtures/oauthProvider.ts"
import { rotatingProvider } from "../../fixtures/rotatingProvider.ts"
import { signedIn, signIn, tokensAt } from "./tokens.ts"

const processes = 8
const refreshes = process.env["TORTURE"] === undefined ? 600 : 20_000

const worker = path.join(import.meta.dirname, "../../fixtures/tokenWorker.ts")

/**
 * The one loss that no client can avoid: killed after the provider gave a new token and before it is on the disk. The
 * next one then comes with the old token, and a provider of this kind takes everything back. Each of those is laid at
 * the door of a process that we killed; any other would be ours.
 */
it.live(
  `${processes} processes that are killed at random refresh ${refreshes} times, and lose no sign-in of their own`,
  () =>
    Effect.gen(function* () {
      const { url, seen, isRevoked } = yield* rotatingProvider
      const { root } = yield* signedIn(null)
      const env = { ...process.env, OPENISLANDS_KEY: randomBytes(32).toString("base64") }
      const tokens = yield* tokensAt(root, env)
      yield* signIn(tokens, signingIn(url))

      const killed = new Set<number>()
      const failures: Array<string> = []
      const running = new Set<ChildProcess>()
      const start = () => {
        const child = spawn(process.execPath, [worker, root, url], { env, stdio: ["ignore", "ignore", "pipe"] })
        running.add(child)
        child.stderr.on("data", (chunk: Buffer) => failures.push(chunk.toString()))
        child.once("exit", (code) => {
          running.delete(child)
          if (!killed.has(child.pid!)) failures.push(`process ${child.pid} ended by itself (${code})`)
        })
      }
      const kill = (child: ChildProcess) => {
        killed.add(child.pid!)
        child.kill("SIGKILL")
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => running.forEach(kill)))
      for (let count = 0; count < processes; count++) start()

      let kills = 0
      let next = 100
      while (seen.refreshes < refreshes && failures.length === 0) {
        yield* Effect.sleep("10 millis")
        if (isRevoked()) yield* signIn(tokens, signingIn(url))
        // About 25 kills, spread over the work whatever it takes.
        if (seen.refreshes < next) continue
        next += Math.ceil((refreshes / 25) * (0.5 + Math.random()))
        const victim = [...running][Math.floor(Math.random() * running.size)]
        if (victim === undefined) continue
        kill(victim)
        kills++
        start()
      }
      const ours = seen.losses.filter(({ lostBy }) => !killed.has(lostBy))
      process.stdout.write(
        `${seen.refreshes} refreshes, ${kills} kills, ${seen.losses.length} of them between the provider's answer and our disk\n`,
      )
      assert.deepEqual(failures, [])
      assert.deepEqual(ours, [])
      assert.isAtMost(seen.losses.length, kills)
      assert.isAtLeast(kills, 10)
      // What is kept is what the provider gave last, and whole.
      assert.deepInclude((yield* tokens.kept).tokens[0], { connector: "acme", kept: "encrypted", error: null })
    }),
  300_000,
)
