import { mkdirSync, statSync } from "node:fs"
import * as path from "node:path"
import { errnoOf } from "./errno.ts"

/**
 * Makes a directory and those missing above it; one that is there will do. Node's own `recursive` never ends where a
 * file system answers ENOENT to whatever it doesn't allow, as /proc does.
 */
export const makeDirectory = (directory: string, mode?: number): void => {
  const lacksParent = makeOne(directory, mode)
  if (lacksParent === null) return
  const parent = path.dirname(directory)
  if (parent === directory) throw lacksParent
  makeDirectory(parent, mode)
  const refused = makeOne(directory, mode)
  if (refused !== null) throw refused
}

/** Answers the ENOENT that it met, or null when the directory is there. */
const makeOne = (directory: string, mode: number | undefined): Error | null => {
  try {
    mkdirSync(directory, mode)
    return null
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return cause as Error
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return null
    throw cause
  }
}
