import { existsSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"

/** True when this runs from `src/` by type stripping, false when it runs from the built `dist/`. */
export const fromSources = import.meta.url.endsWith(".ts")

/** The directory of our own package.json: connectors resolve zod and the kit from here, never from the project. */
export const packageRoot = (() => {
  let directory = import.meta.dirname
  while (!existsSync(path.join(directory, "package.json"))) {
    const above = path.dirname(directory)
    // Copied out of its package it has no zod, no esbuild and no DuckDB.
    if (above === directory)
      throw new Error(`openislands is not installed whole: no package.json above ${import.meta.dirname}`)
    directory = above
  }
  return directory
})()

/** A file of the build, which lies beside this one, or its counterpart among the sources. */
export const ownFile = (built: string, source: string): string =>
  fromSources ? path.join(packageRoot, source) : path.join(import.meta.dirname, built)

/** Our own kit, which connectors get in the place of whatever is installed. */
export const kitEntry = ownFile("kit/index.js", "src/kit/index.ts")

/** Whether what is imported is zod, or a part of it. */
export const isZod = (specifier: string): boolean => specifier === "zod" || specifier.startsWith("zod/")

/** Where our own copy of zod lies: beside us or in us, as the package manager likes it. */
export const zodDirectory = (): string => {
  const { resolve } = createRequire(path.join(packageRoot, "package.json"))
  return realpathSync(path.dirname(resolve("zod/package.json")))
}
