import { mkdtempSync, realpathSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { stopAll } from "./measure.ts"

/** A new directory for a part that takes so many bytes at most; it goes with this process, however that ends but by SIGKILL. */
export const scratch = (bytes: number): string => {
  const { bavail, bsize } = statfsSync(tmpdir())
  if (bavail * bsize < bytes) {
    throw new Error(
      `this takes ${gigabytes(bytes)} of disk, and ${tmpdir()} has ${gigabytes(bavail * bsize)}; name another place with TMPDIR`,
    )
  }
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "openislands-bench-")))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }))
  return directory
}

/** With the processes that write to the directories, which else would outlive them. */
export const endOnSignals = (): void => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(signal, () => void stopAll().then(() => process.exit(code)))
  }
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
