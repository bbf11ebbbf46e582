import { Effect } from "effect"
import * as path from "node:path"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import type { Project } from "../../services/Project.ts"
import { Disk, parentOf } from "./Disk.ts"

/** Where everything of ours goes: private to the user, and out of version control. */
const directories = ["journal", "history", "contracts", "state", "staging", "runs", "locks"]

export const ready = (project: Project["Service"]) =>
  Effect.forEach(directories, (directory) => project.ensure(directory), { discard: true }).pipe(
    Effect.mapError(({ path, code }) => new StoreFailed({ operation: "create", path, code })),
  )

/** A file is as durable as the directories that lead to it, up to the project's own. */
export const leadTo = Effect.fnUntraced(function* (home: string, file: string) {
  const disk = yield* Disk
  yield* disk.mkdir(parentOf(file), 0o777)
  const root = parentOf(home)
  for (let within = parentOf(file); within.startsWith(root + path.sep); within = parentOf(within)) {
    yield* disk.fsyncDirectory(parentOf(within))
  }
})
