import type { Run } from "../../../../services/domain/Run.ts"
import { useLastEnded } from "../server/runsUnderWay.ts"
import { rowsIn, upsertsIn } from "../words/runs.ts"
import { counted } from "../words/intl.ts"

/** Says to who cannot see it that a run has ended. */
export const RunEnds = () => {
  const run = useLastEnded()
  return (
    <p className="heard" aria-live="polite">
      {run === null ? "" : sentence(run)}
    </p>
  )
}

const sentence = (run: Run): string => {
  if (run.outcome === "success") {
    const upserts = upsertsIn(run)
    const came = upserts.length === 0 ? "" : ` (${upserts.join("; ")})`
    return `${run.connector} has synced ${counted(rowsIn(run), "row")}${came}.`
  }
  if (run.outcome === "skipped") return `${run.connector} was skipped.`
  const cancelled = (run.error as { readonly _tag?: string } | null)?._tag === "SyncCancelled"
  return cancelled ? `The sync of ${run.connector} was cancelled.` : `The sync of ${run.connector} failed.`
}
