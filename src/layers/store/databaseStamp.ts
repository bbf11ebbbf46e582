import { Effect } from "effect"
import { Disk, type Stamp } from "./Disk.ts"

/** What tells that anything in a database was written: its file, and the log of what is not in that yet. */
export const databaseStamp = Effect.fnUntraced(function* (file: string) {
  const disk = yield* Disk
  const stamp = yield* disk.stat(file)
  if (stamp === null) return null
  const log = yield* disk.stat(`${file}-wal`)
  // An empty log, which any connection makes, holds nothing.
  if (log === null || log.size === 0) return stamp
  return { ino: stamp.ino, size: stamp.size + log.size, mtime: `${stamp.mtime}+${log.mtime}` } satisfies Stamp
})
