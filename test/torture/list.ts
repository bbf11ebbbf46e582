import { readdirSync } from "node:fs"

/** The names in a directory, which need not be there yet. */
export const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
