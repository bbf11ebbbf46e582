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
    names.map(async (name) => ({ name, time: (await fs.stat(path.join(directory, name))).mtimeMs })),
  )
  return aged
    .toSorted((a, b) => b.time - a.time)
    .slice(kept)
    .map(({ name }) => name)
}
