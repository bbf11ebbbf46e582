import { Effect } from "effect"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import type { Project } from "../../services/Project.ts"

/** Where everything of ours goes: private to the user, and out of version control. */
const directories = ["journal", "history", "contracts", "state", "staging", "runs", "locks"]

export const ready = (project: Project["Service"]) =>
  Effect.forEach(directories, (directory) => project.ensure(directory), { discard: true }).pipe(
    Effect.mapError(({ path, code }) => new StoreFailed({ operation: "create", path, code })),
  )
