import { Effect } from "effect"
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { LoadError } from "../../services/domain/LoadError.ts"
import { errnoOf } from "../errno.ts"

/** In the order of preference; the specification's own is the first. */
const entryNames = ["index.ts", "index.tsx", "index.mts", "index.js", "index.mjs"]

/** A LoadError that has no place in a source file. */
export const loadError = (module: string, reason: LoadError["reason"], detail: string): LoadError =>
  new LoadError({ module, reason, detail, file: null, line: null, column: null })

/** The file that default-exports the connector. */
export const findEntry = Effect.fnUntraced(function* (module: string, directory: string) {
  const names = yield* Effect.try({
    try: () => readdirSync(directory),
    catch: (cause) => {
      const code = errnoOf(cause)
      if (code === "ENOENT") return loadError(module, "missing-directory", "there is no such directory")
      if (code === "ENOTDIR") return loadError(module, "missing-directory", "it is a file, not a directory")
      return loadError(module, "unreadable", `cannot be read (${code})`)
    },
  })
  const entry = entryNames.find((name) => names.includes(name))
  if (entry === undefined) return yield* loadError(module, "no-index", `has none of ${entryNames.join(", ")}`)
  return path.join(directory, entry)
})
