import { randomBytes } from "node:crypto"
import { promises as fs } from "node:fs"
import { errnoOf } from "./errno.ts"

/** Readers see the old bytes or the new, never a part. For caches: it doesn't fsync, so a power cut may lose the file. */
export const writeFileAtomic = async (file: string, data: string | Uint8Array): Promise<void> => {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`
  try {
    await fs.writeFile(temporary, data, { mode: 0o600, flag: "wx" })
    await fs.rename(temporary, file).catch(async (cause: unknown) => {
      // A directory in its place is no cache of ours.
      if (errnoOf(cause) !== "EISDIR") throw cause
      await fs.rm(file, { recursive: true })
      await fs.rename(temporary, file)
    })
  } catch (cause) {
    await fs.rm(temporary, { force: true })
    throw cause
  }
}
