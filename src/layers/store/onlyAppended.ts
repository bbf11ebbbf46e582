import { Effect } from "effect"
import * as path from "node:path"
import { sameStamp, type Stamp } from "./Disk.ts"
import { readStamps } from "./journal.ts"
import { listHistory } from "./retention.ts"

/**
 * Whether a file that looked like `seen` and now looks like `now` has been written by commits alone, and each of them
 * left the bytes alone that were there before. What is no longer kept doesn't tell, which is the safe way to be wrong.
 */
export const onlyAppended = Effect.fnUntraced(function* (home: string, file: string, seen: Stamp, now: Stamp) {
  const name = path.relative(home, file)
  let at = seen
  for (const id of yield* listHistory(home)) {
    const link = (yield* readStamps(home, id))[name]
    if (link === undefined || link.after === null || !sameStamp(link.before, at)) continue
    at = link.after
    if (at.ino === seen.ino && at.size < seen.size) return false
    if (sameStamp(at, now)) return true
  }
  return false
})
