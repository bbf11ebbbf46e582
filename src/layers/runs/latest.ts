import { tagOf } from "../../services/domain/ErrorDocument.ts"
import { neverBegan } from "../../services/domain/neverBegan.ts"
import type { Run } from "../../services/domain/Run.ts"
import type { Latest } from "../../services/RunLog.ts"

/** What came of a connector's runs, newest first, since it last succeeded. */
export const latestOf = (runs: Iterable<Run>): Latest => {
  let newest: Run | null = null
  let failed = 0
  let failure: Run | null = null
  let cancelled: Run | null = null
  for (const run of runs) {
    if (run.outcome === "skipped") continue
    newest ??= run
    if (run.outcome === "success") return { run: newest, success: run, failed, failure, cancelled }
    const tag = tagOf(run.error)
    if (tag === "SyncCancelled") cancelled ??= run
    // Once that is mended, nothing speaks against trying at once.
    else if (tag !== "Interrupted" && !neverBegan(run.error)) {
      failed++
      failure ??= run
    }
  }
  return { run: newest, success: null, failed, failure, cancelled }
}
