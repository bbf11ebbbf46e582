import { readdirSync, statSync } from "node:fs"
import * as path from "node:path"

/** What tells one state of a directory's entries from another, by name. */
export type Listing = ReadonlyMap<string, string>

/** Of the entries that count. A directory that cannot be read has none. */
export const listingOf = (directory: string, counts: (name: string) => boolean): Listing => {
  try {
    const names = readdirSync(directory).filter(counts)
    return new Map(names.map((name) => [name, stampOf(path.join(directory, name))]))
  } catch {
    return new Map()
  }
}

export const changedNames = (before: Listing, now: Listing): ReadonlyArray<string> =>
  [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name))

/** A directory's own times say nothing of what is in it, and change with each of our files. */
const stampOf = (file: string): string => {
  try {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined) return "-"
    return stat.isDirectory() ? `directory ${stat.ino}` : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
  } catch {
    return "-"
  }
}
