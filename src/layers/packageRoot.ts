import { existsSync } from "node:fs"
import * as path from "node:path"

/** True when this runs from `src/` by type stripping, false when it runs from the built `dist/`. */
export const fromSources = import.meta.url.endsWith(".ts")

/** The directory of our own package.json: connectors resolve zod and the kit from here, never from the project. */
export const packageRoot = (() => {
  let directory = import.meta.dirname
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory)
  return directory
})()

/** A file of the built program, or its counterpart among the sources. */
export const ownFile = (built: string, source: string): string => path.join(packageRoot, fromSources ? source : built)
