import { Effect } from "effect"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { Known } from "./known.ts"
import type { Inferred, Looker } from "./looks.ts"

const known = new Known<{ readonly stamp: Stamp; readonly inferred: Inferred }>()

/** What the looker infers from the whole of a file that nothing has a contract for; once for as long as it stays the same. */
export const inferredFrom = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp, looker: Looker) {
  const files = known.on(yield* Disk)
  const key = [dataset.format, dataset.table ?? "", dataset.file].join("\0")
  const before = files.get(key)
  if (before !== undefined && sameStamp(before.stamp, stamp)) return before.inferred
  const inferred = yield* looker.infer(stamp)
  files.set(key, { stamp, inferred })
  return inferred
})
