import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { packageRoot } from "./packageRoot.ts"

/** Set by the build to a digest of everything that the program was built of. */
declare const OPENISLANDS_BUILD: string | undefined

const digestOfSources = (): string => {
  const hash = createHash("sha256")
  for (const directory of ["src/kit", "src/layers/host", "src/layers/bundler", "src/layers/formats"]) {
    for (const file of readdirSync(path.join(packageRoot, directory)).toSorted()) {
      if (file.endsWith(".ts")) hash.update(readFileSync(path.join(packageRoot, directory, file)))
    }
  }
  return hash.update(readFileSync(path.join(packageRoot, "package-lock.json"))).digest("hex")
}

/** Names this runtime, the kit, zod and this Node: whatever is cached under one name is stale under another. */
export const versions: string = `${process.version} ${
  typeof OPENISLANDS_BUILD === "string" ? OPENISLANDS_BUILD : digestOfSources()
}`
