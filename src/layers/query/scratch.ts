import { Effect } from "effect"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import * as path from "node:path"
import { ProjectUnwritable, type Project } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"
import { isAlive } from "../runs/processes.ts"

const ours = /^query-(\d+)-/

/** A directory for one query, private like all of ours, which goes with the scope. */
export const scratchIn = Effect.fnUntraced(function* (project: Project["Service"]) {
  const cache = yield* project.ensure(project.layout.cache)
  const attempt = <A>(call: () => Promise<A>) =>
    Effect.tryPromise({ try: call, catch: (cause) => new ProjectUnwritable({ path: cache, code: errnoOf(cause) }) })
  yield* attempt(() => sweep(cache))
  return yield* Effect.acquireRelease(
    attempt(() => mkdtemp(path.join(cache, `query-${process.pid}-`))),
    // What is left of it the next query removes.
    (directory) => attempt(() => rm(directory, { recursive: true, force: true })).pipe(Effect.ignore),
  )
})

/** What processes left that were killed. */
const sweep = async (cache: string): Promise<void> => {
  for (const name of await readdir(cache)) {
    const pid = ours.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(cache, name), { recursive: true, force: true })
  }
}
