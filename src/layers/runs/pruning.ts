import { Effect } from "effect"
import { promises as fs } from "node:fs"
import * as path from "node:path"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import type { Layout } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"
import { runsFile } from "./files.ts"
import { newestFirst, newestLines, readAll, rewrite, syncDirectory } from "./records.ts"
import { connectorOf } from "./runId.ts"

const kept = 1_000
/** Some more may gather, so that not every run rewrites the file. */
const slack = 100

/** Forgets all but a connector's newest runs, and the logs of those that are forgotten. */
export const prune = Effect.fnUntraced(function* <E, R>(
  layout: Layout,
  connector: string,
  underCommitLock: (work: Effect.Effect<void, StoreFailed>) => Effect.Effect<void, E, R>,
) {
  const file = runsFile(layout, connector)
  const attempt = <A>(call: () => Promise<A>, operation = "shorten") =>
    Effect.tryPromise({
      try: call,
      catch: (cause) => new StoreFailed({ operation, path: file, code: errnoOf(cause) }),
    })
  const read = attempt(() => readAll(file), "read")

  const shorten = attempt(async () => {
    // A dead process's transaction may still have to take its line back from where it stands.
    const underWay = await fs.readdir(layout.journal).catch((cause: unknown) => {
      if (errnoOf(cause) === "ENOENT") return []
      throw cause
    })
    const newest = underWay.length > 0 ? null : newestLines(await readAll(file), kept)
    if (newest === null) return
    await rewrite(file, newest)
    await syncDirectory(layout.runs)
  })
  const tooMany = newestLines(yield* read, kept + slack) !== null
  if (tooMany) yield* underCommitLock(shorten)

  const logs = (yield* attempt(() => fs.readdir(layout.runs)))
    .filter((name) => name.endsWith(".log") && connectorOf(path.basename(name, ".log")) === connector)
    .toSorted()
  // A run that died with its process left a log without a record, so logs can be too many by themselves.
  if (!tooMany && logs.length <= kept + slack) return
  const oldest = [...newestFirst(yield* read).take(kept)].at(-1)?.runId ?? ""
  for (const [index, name] of logs.entries()) {
    if (index >= logs.length - kept && name >= oldest) break
    yield* attempt(() => fs.rm(path.join(layout.runs, name), { force: true }))
  }
})
