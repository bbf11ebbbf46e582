import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import type { Tone } from "../parts/State.tsx"
import type { ListedRun } from "../../../../services/domain/Run.ts"

export const rowsIn = ({ datasets }: ListedRun): number =>
  Object.values(datasets).reduce((sum, { rows }) => sum + rows, 0)

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
