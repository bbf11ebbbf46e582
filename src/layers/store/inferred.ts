import { Effect, Semaphore } from "effect"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { Known } from "./known.ts"
import type { Inferred, Looker } from "./looks.ts"

interface Found {
  /** Whoever comes meanwhile waits for what the other reads. */
  readonly turn: Semaphore.Semaphore
  last: { readonly stamp: Stamp; readonly inferred: Inferred } | null
}

const known = new Known<Found>()

/** What the looker infers from the whole of a file that nothing has a contract for; once for as long as it stays the same. */
export const inferredFrom = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp, looker: Looker) {
  const files = known.on(yield* Disk)
  const key = [dataset.format, dataset.table ?? "", dataset.file].join("\0")
  const found = files.get(key) ?? { turn: Semaphore.makeUnsafe(1), last: null }
  files.set(key, found)
  const infer = Effect.gen(function* () {
    const { last } = found
    if (last !== null && sameStamp(last.stamp, stamp)) return last.inferred
    const inferred = yield* looker.infer(stamp)
    found.last = { stamp, inferred }
    return inferred
  })
  return yield* found.turn.withPermits(1)(infer)
})
