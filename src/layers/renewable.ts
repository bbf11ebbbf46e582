import { Effect } from "effect"
import { promises as fs } from "node:fs"
import { type Project, ProjectUnwritable } from "../services/Project.ts"
import { errnoOf } from "./errno.ts"

/** Makes a directory of what can be made anew (`cache/...`, `types`): a file that stands in its place gives way. */
export const ensureRenewable = ({ ensure, layout }: Project["Service"], directory: string) =>
  ensure(directory).pipe(
    Effect.catchIf(
      ({ code, path }) => code === "ENOTDIR" && path !== layout.home,
      ({ path }) =>
        Effect.tryPromise({
          try: () => fs.unlink(path),
          catch: (cause) => new ProjectUnwritable({ path, code: errnoOf(cause) }),
        }).pipe(Effect.andThen(ensure(directory))),
    ),
  )
