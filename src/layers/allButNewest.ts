import { promises as fs } from "node:fs"
import * as path from "node:path"

/** Of these files, those that are left when the newest few are kept. */
export const allButNewest = async (
  directory: string,
  names: ReadonlyArray<string>,
  kept: number,
): Promise<ReadonlyArray<string>> => {
  if (names.length <= kept) return []
  const aged = await Promise.all(
    names.map(async (name) => {
      // One that somebody else has cleared away meanwhile is none of the newest.
      const { mtimeMs: time } = await fs.stat(path.join(directory, name)).catch(() => ({ mtimeMs: 0 }))
      return { name, time }
    }),
  )
  return aged
    .toSorted((a, b) => b.time - a.time)
    .slice(kept)
    .map(({ name }) => name)
}
