import { Effect, Schema } from "effect"
import { promises as fs } from "node:fs"
import * as path from "node:path"
import { errnoOf } from "../../layers/errno.ts"
import { portOf, readServed, type Served } from "../../layers/serveFile.ts"
import { tryLock } from "../../layers/store/SqliteLocks.ts"
import { writeFileAtomic } from "../../layers/writeFileAtomic.ts"
import { Project, ProjectUnwritable } from "../../services/Project.ts"

const fileIn = (project: Project["Service"]): string => path.join(project.layout.home, "serve.json")

/** Makes this process the one that serves the project, as long as the scope; the kernel knows whether there is another. */
export const onlyInstance = Effect.gen(function* () {
  const project = yield* Project
  const { layout } = project
  const lock = path.join(layout.locks, "serve.lock")
  yield* project.ensure(layout.locks)
  yield* tryLock(lock).pipe(
    Effect.catchTag("LockBusy", () => Effect.fail(serving(readServed(fileIn(project))))),
    Effect.catchTag("LockFailed", ({ detail }) => Effect.fail(new ProjectUnwritable({ path: lock, code: detail }))),
  )
})

/** Says where it is, and at which port it listens, as long as the scope. */
export const announced = Effect.fnUntraced(function* (origin: string, port: number, schedules: boolean) {
  const project = yield* Project
  const file = fileIn(project)
  const served: Served = {
    origin,
    pid: process.pid,
    ...(port === portOf(origin) ? {} : { port }),
    ...(schedules ? {} : { schedules }),
  }
  const text = `${JSON.stringify(served)}\n`
  const write = Effect.tryPromise({
    try: () => writeFileAtomic(file, text),
    catch: (cause) => new ProjectUnwritable({ path: file, code: errnoOf(cause) }),
  })
  const remove = Effect.tryPromise(() => fs.rm(file, { force: true })).pipe(
    Effect.catch(({ cause }) => Effect.logWarning(`cannot remove ${file} (${errnoOf(cause)})`)),
  )
  yield* Effect.acquireRelease(write, () => remove)
})

const serving = (other: Served | null) => new AlreadyServing({ origin: other?.origin ?? null, pid: other?.pid ?? null })

export class AlreadyServing extends Schema.TaggedError<AlreadyServing>()("AlreadyServing", {
  /** Null while it is starting. */
  origin: Schema.NullOr(Schema.String),
  pid: Schema.NullOr(Schema.Int),
}) {
  override get message() {
    return this.origin === null
      ? "this project is being served by another process, which is just starting"
      : `this project is served at ${this.origin} already (process ${this.pid})`
  }
  get suggestion() {
    return this.origin === null ? "Try again in a moment." : `Open ${this.origin}, or stop process ${this.pid} first.`
  }
}
