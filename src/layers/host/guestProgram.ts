import { Effect } from "effect"
import type { BuildOptions } from "esbuild"
import { existsSync, mkdirSync } from "node:fs"
import * as path from "node:path"
import { withEsbuild } from "../esbuildProcess.ts"
import { fromSources, packageRoot } from "../packageRoot.ts"
import { writeFileAtomic } from "../writeFileAtomic.ts"

/**
 * The file that a guest's Node runs. The build makes it once; when this runs from the sources it is made at first use,
 * since a guest may read nothing but that one file and its bundle.
 */
export const guestProgram: Effect.Effect<string> = Effect.suspend(() =>
  fromSources ? fromTheSources : Effect.succeed(built),
)

const built = path.join(import.meta.dirname, "guest.mjs")

const fromTheSources = Effect.runSync(
  Effect.cached(
    Effect.promise(async () => {
      const options = { ...guestBuild, absWorkingDir: packageRoot, write: false } as const
      const { outputFiles } = await withEsbuild(({ build }) => build(options))
      const { hash, contents } = outputFiles[0]!
      const directory = path.join(packageRoot, "node_modules", ".cache", "openislands")
      // Named by what it holds: processes that run the same sources share it, and none has to clear it away.
      const outfile = path.join(directory, `guest-${hash.replace(/\W/g, "_")}.mjs`)
      mkdirSync(directory, { recursive: true })
      if (!existsSync(outfile)) await writeFileAtomic(outfile, contents)
      return outfile
    }),
  ),
)

/** How `npm run build` makes it, too. */
export const guestBuild: BuildOptions = {
  entryPoints: ["src/layers/host/child.ts"],
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
} as const
