import { Effect } from "effect"
import * as path from "node:path"
import { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { readStamps } from "./journal.ts"
import { readHistory } from "./retention.ts"

/**
 * A transaction was cut short, and nothing tells any more what it changed. Nobody else may go on: rows that were never
 * committed would pass for the user's own, and a plan that comes back from a backup would take back what came later.
 */
export const unknownTransaction = Effect.fnUntraced(function* (home: string, id: string, detail: string) {
  const journal = path.join(".openislands", "journal", id)
  const changed = yield* changedSinceCommit(home)
  const suspects =
    changed.length === 0
      ? "No file differs from what the last checkpoint left, so remove"
      : `It may have changed what differs from the last checkpoint: ${changed.join(", ")}. Look at the end of these files and correct them, then remove`
  return yield* new StoreCorrupt({
    file: path.join(journal, "plan.json"),
    detail: `it says what a transaction that was cut short had changed, and ${detail}`,
    wayOut: `Until then nothing is written. Put it right from a backup, and it is undone as ever; or else: ${suspects} ${journal}; what files were before it may lie there.`,
  })
})

/** What cannot be looked at is not as it was. */
const isLeft = Effect.fnUntraced(function* (file: string, after: Stamp | null) {
  const disk = yield* Disk
  return yield* disk
    .stat(file)
    .pipe(Effect.match({ onFailure: () => false, onSuccess: (now) => sameStamp(now, after) }))
})

/** Files that aren't as the last checkpoint that touched them left them, as far as the history tells; from the project on. */
const changedSinceCommit = Effect.fnUntraced(function* (home: string) {
  const left = new Map<string, Stamp | null>()
  for (const { id } of (yield* readHistory(home)).plans) {
    for (const [file, { after }] of Object.entries(yield* readStamps(home, id))) left.set(file, after)
  }
  const changed: Array<string> = []
  for (const [file, after] of left) {
    const absolute = path.resolve(home, file)
    // A line more in the record of runs harms nobody.
    if (file.startsWith("runs/") || (yield* isLeft(absolute, after))) continue
    changed.push(path.relative(path.dirname(home), absolute))
  }
  return changed
})
