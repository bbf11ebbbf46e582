import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import type { Tone } from "../parts/tone.ts"
import type { ListedRun } from "../../../../services/domain/Run.ts"
import { cameText } from "../../../answers/rowWords.ts"
import { number } from "./intl.ts"

export const rowsIn = ({ datasets }: ListedRun): number =>
  Object.values(datasets).reduce((sum, { rows }) => sum + rows, 0)

/** What became of the rows of each upsert that did not only bring new ones: `plays: 4 new, 1 the same`. */
export const upsertsIn = ({ datasets, upserted }: ListedRun): ReadonlyArray<string> =>
  Object.entries(datasets).flatMap(([name, { rows }]) => {
    const text = cameText(upserted, name, rows, number)
    return text === "" ? [] : [`${name}: ${text}`]
  })

/** What an answer has as JSON, where the schemas leave it open. */
export const asDocument = (json: unknown): ErrorDocument | null => json as ErrorDocument | null

const triggers: Readonly<Record<ListedRun["trigger"], string>> = {
  cli: "command line",
  schedule: "schedule",
  http: "by hand",
  mcp: "an agent",
}

export const triggerOf = ({ trigger }: ListedRun): string => triggers[trigger] ?? trigger

export const outcomeOf = (run: ListedRun): { readonly tone: Tone; readonly label: string } => {
  if (asDocument(run.error)?._tag === "SyncCancelled") return { tone: "idle", label: "Cancelled" }
  if (run.outcome === "running") return { tone: "busy", label: "Syncing" }
  if (run.outcome === "success") return { tone: "good", label: "Success" }
  if (run.outcome === "partial") return { tone: "attention", label: "Partial" }
  if (run.outcome === "skipped") return { tone: "idle", label: "Skipped" }
  return { tone: "bad", label: "Failed" }
}
