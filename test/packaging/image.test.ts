import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { chownSync, chmodSync, constants, copyFileSync } from "node:fs"
import * as path from "node:path"
import { only, wordsOf } from "../fixtures/dockerfile.ts"
import { request } from "../fixtures/http.ts"
import { ended, Installation, installed, nodeUnderTest } from "../fixtures/installation.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { freePort } from "../fixtures/served.ts"

const nobody = 65534
/** As a container's user has it: nobody in particular, as far as whoever runs the tests can be somebody else. */
const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
const token = "a-token-of-the-tests"
const often = Schedule.spaced("50 millis")

/** Others reach what is in it. */
const opened = <A extends string>(directory: A): A => {
  chmodSync(directory, 0o755)
  return directory
}

/** What the image has: a global install, Node on the PATH, and a directory that its user owns. */
const container = Effect.gen(function* () {
  const { root } = yield* Installation
  opened(root)
  const bare = opened(yield* temporaryProject({}))
  copyFileSync(nodeUnderTest, path.join(bare, "node"), constants.COPYFILE_FICLONE)
  const project = yield* temporaryProject({ "manifest.json": "{}" })
  if (user.uid !== undefined) chownSync(project, user.uid, user.uid)
  const PATH = `${path.join(root, "prefix", "bin")}:${bare}`
  const options = (env: NodeJS.ProcessEnv) => ({ cwd: project, env: { PATH, HOME: project, ...env }, ...user })
  return { options }
})

const globally = installed("openislands", "--ignore-scripts", "--global", "--prefix", "prefix")

layer(globally, { excludeTestServices: true })("what the Dockerfile runs", (it) => {
  it.effect(
    "serves others as nobody, with a token only, is healthy by its own word, and stops when it is told to",
    () =>
      Effect.gen(function* () {
        const { options } = yield* container
        const port = String(yield* freePort)
        const [program, ...command] = [...wordsOf(only("ENTRYPOINT")), ...wordsOf(only("CMD")), "--port", port]
        const without = yield* ended(program!, command, options({}))
        assert.strictEqual(without.code, 1)
        assert.match(without.stderr, /clients have to know a token, and there is none/)

        const [asks, ...asked] = wordsOf(only("HEALTHCHECK")).map((word) => word.replace("4321", port))
        const health = ended(asks!, asked, options({}))
        assert.strictEqual((yield* health).code, 1)

        const code = yield* Deferred.make<number | null>()
        const server = yield* Effect.acquireRelease(
          Effect.sync(() => {
            const child = spawn(program!, command, {
              ...options({ OPENISLANDS_TOKEN: token }),
              stdio: "ignore",
            })
            return child.once("close", (ended) => Deferred.doneUnsafe(code, Effect.succeed(ended)))
          }),
          (child) => Effect.sync(() => child.kill("SIGKILL")),
        )
        const origin = `http://127.0.0.1:${port}`
        const started = request(origin, "/healthz").pipe(
          Effect.retry(often),
          Effect.map(({ status }) => status),
        )
        assert.strictEqual(yield* Effect.raceFirst(started, Deferred.await(code)), 200)
        assert.strictEqual((yield* health).code, 0)
        const anybody = yield* request(origin, "/api/connectors")
        assert.strictEqual(anybody.status, 401)
        const headers = { authorization: `Bearer ${token}` }
        assert.deepInclude((yield* request(origin, "/api/connectors", { headers })).json, { connectors: [] })

        server.kill("SIGTERM")
        assert.strictEqual(yield* Deferred.await(code), 130)
      }).pipe(Effect.scoped),
  )
})
