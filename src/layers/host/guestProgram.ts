import { Effect } from "effect"
import type { BuildOptions } from "esbuild"
import { rmSync } from "node:fs"
import * as path from "node:path"
import { fromSources, packageRoot } from "../packageRoot.ts"

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
      const { build } = await import("esbuild")
      const outfile = path.join(packageRoot, "node_modules", ".cache", "openislands", `guest-${process.pid}.mjs`)
      await build({ ...guestBuild, absWorkingDir: packageRoot, outfile })
      process.once("exit", () => rmSync(outfile, { force: true }))
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
