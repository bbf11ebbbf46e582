import { Context, Duration, Effect, Layer, Option, Queue, Schema, Semaphore } from "effect"
import { createHash } from "node:crypto"
import { promises as fs, readFileSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { Bundle } from "../services/BundlerService.ts"
import { ConnectorHost } from "../services/ConnectorHost.ts"
import { Description } from "../services/domain/Description.ts"
import { LoadError } from "../services/domain/LoadError.ts"
import type { Permissions } from "../services/domain/Manifest.ts"
import { Project, ProjectUnwritable } from "../services/Project.ts"
import { allButNewest } from "./allButNewest.ts"
import { errnoOf } from "./errno.ts"
import { Failed, loadErrorOf } from "./host/answers.ts"
import { importableBuiltins } from "./host/builtins.ts"
import { type GuestExit, startGuest } from "./host/guestProcess.ts"
import { guestProgram } from "./host/guestProgram.ts"
import { endLeftBehind, nameGuest } from "./host/leftBehind.ts"
import { ownServer } from "./host/ownServer.ts"
import type { DescribeJob } from "./host/protocol.ts"
import { positionIn } from "./host/stack.ts"
import { superviseSync } from "./host/superviseSync.ts"
import { ensureRenewable } from "./renewable.ts"
import { versions } from "./versions.ts"
import { writeFileAtomic } from "./writeFileAtomic.ts"

/** How long the top level of a module may take. A reference for the sake of tests: no program changes it. */
export const DescribeTimeout = Context.Reference("openislands/layers/ProcessHost/DescribeTimeout", {
  defaultValue: () => Duration.seconds(10),
})
/** MiB of heap for it. */
const describeHeap = 256
/** Descriptions that are kept. */
const most = 1_000

const Answer = Schema.Union([Schema.Struct({ type: Schema.Literal("described"), description: Description }), Failed])
const decodeAnswer = Schema.decodeUnknownOption(Answer)
const decodeCached = Schema.decodeUnknownOption(Schema.fromJsonString(Description))

/** Runs each guest in a process of its own; what it declares is cached by everything that it depends on. */
export const layer = Layer.effect(
  ConnectorHost,
  Effect.gen(function* () {
    const project = yield* Project
    // Each guest is a whole process: more at once only slow one another down.
    const slots = yield* Semaphore.make(4)
    const timeout = yield* DescribeTimeout
    const served = path.join(project.layout.home, "serve.json")

    const ask = Effect.fnUntraced(function* (bundle: Bundle, config: unknown, permissions: Permissions) {
      const failed = (reason: LoadError["reason"], detail: string) =>
        new LoadError({ module: bundle.module, reason, detail, ...positionIn(bundle, null, project.root) })
      const crashed = ({ detail }: GuestExit) => failed("crashed", detail)
      const guests = yield* ensureRenewable(project, "cache/guests")
      yield* endLeftBehind(guests)
      const guest = yield* startGuest({
        program: yield* guestProgram,
        root: project.root,
        readable: [bundle.file],
        permissions,
        heap: describeHeap,
        onOutput: () => {},
      }).pipe(Effect.mapError(crashed))
      yield* nameGuest(guests, guest.pid)
      const builtins = importableBuiltins(permissions)
      yield* guest.send({
        type: "describe",
        bundle: pathToFileURL(bundle.file).href,
        builtins,
        net: { connector: null, hosts: permissions.net, server: yield* ownServer(served) },
        config,
      } satisfies DescribeJob)
      const message = yield* Queue.take(guest.inbox).pipe(
        Effect.mapError(crashed),
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () =>
            Effect.fail(
              failed(
                "timeout",
                `its top level, or its config schema, took longer than ${Duration.toSeconds(timeout)} s`,
              ),
            ),
        }),
      )
      const answer = Option.getOrNull(decodeAnswer(message))
      if (answer === null) return yield* failed("crashed", "it sent what a connector cannot send")
      if (answer.type === "described") return answer.description
      return yield* loadErrorOf(answer, bundle, project.root)
    }, Effect.scoped)

    return {
      describe: Effect.fn("ConnectorHost.describe")(function* (bundle, config, permissions) {
        const key = JSON.stringify([versions, bundle.hash, config, permissions])
        const name = `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`
        const file = path.join(project.layout.cache, "describe", name)
        const known = decodeCached(textOf(file))
        if (Option.isSome(known)) return known.value
        const description = yield* slots.withPermits(1)(ask(bundle, config, permissions))
        yield* ensureRenewable(project, "cache/describe")
        yield* Effect.tryPromise({
          try: async () => {
            await writeFileAtomic(file, JSON.stringify(description))
            await prune(path.dirname(file))
          },
          catch: (cause) => new ProjectUnwritable({ path: file, code: errnoOf(cause) }),
        })
        return description
      }),
      run: Effect.fn("ConnectorHost.run")((job) => superviseSync(job, { root: project.root, served })),
    }
  }),
)

/** Every edit of a connector leaves one more. */
const prune = async (directory: string): Promise<void> => {
  try {
    const names = await fs.readdir(directory)
    if (names.length <= most) return
    // Some more than there have to, so that the next edits have nothing to do.
    for (const name of await allButNewest(directory, names, most / 2)) {
      await fs.rm(path.join(directory, name), { force: true })
    }
  } catch {
    // Another process clears it away as well.
  }
}

/** Empty if there is none. Read without the thread pool, as the bundler's cache is. */
const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}
