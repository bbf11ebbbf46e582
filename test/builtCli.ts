import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import * as path from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** The built program that the journeys drive. */
    readonly cli: string
  }
}

/** Builds what the tests drive, apart from dist/: whoever rebuilds that meanwhile doesn't disturb them. */
const setup = (project: TestProject): (() => void) => {
  const root = path.join(import.meta.dirname, "..")
  const directory = path.join(root, "node_modules", ".cache", "openislands", `tested-${process.pid}`)
  execFileSync(process.execPath, [path.join(root, "tools", "build.ts"), directory], { stdio: "inherit" })
  project.provide("cli", path.join(directory, "bin.mjs"))
  return () => rmSync(directory, { recursive: true, force: true })
}
export default setup
