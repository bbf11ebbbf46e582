import { promises as fs } from "node:fs"
import * as path from "node:path"
import { syncDirectory } from "../runs/records.ts"

/** Readers see the old text or the new one, its owner's only, and a power cut leaves one of the two. */
export const replaceDurably = async (file: string, text: string): Promise<void> => {
  // Only one process writes a connector's tokens at a time, and what it left when it died may go.
  const temporary = `${file}.new`
  try {
    await fs.rm(temporary, { force: true })
    const handle = await fs.open(temporary, "wx", 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(temporary, file)
  } catch (cause) {
    await fs.rm(temporary, { force: true })
    throw cause
  }
  await syncDirectory(path.dirname(file))
}

export const removeDurably = async (file: string): Promise<void> => {
  await fs.rm(file, { force: true, recursive: true })
  // A writer that died may have left tokens there.
  await fs.rm(`${file}.new`, { force: true })
  await syncDirectory(path.dirname(file))
}
