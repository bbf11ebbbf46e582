import { Effect } from "effect"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import { EmptyReplace, SchemaDrift } from "../../services/domain/StoreError.ts"
import { type Evidence, hasDrift, judge, recheck } from "../formats/drift.ts"
import { type Arrival, bring } from "./arrivals.ts"
import { contractFile, contractText } from "./contracts.ts"
import { type DatasetState, sameState } from "./datasetState.ts"
import type { Draft } from "./draft.ts"

/** What the rows showed, held against a dataset's contract; drift is an error. */
export const judgeReport = Effect.fnUntraced(function* (report: OutputReport, seen: DatasetState, now: DatasetState) {
  const { dataset, codec, contract } = now
  const evidence: Evidence = { columns: report.columns, rows: report.rows, contract, codec, onDrift: dataset.onDrift }
  const verdict = sameState(seen, now) ? judge(evidence) : recheck(evidence, seen.contract)
  if (hasDrift(verdict.drift)) {
    return yield* new SchemaDrift({ dataset: dataset.name, output: report.output, ...verdict.drift })
  }
  return verdict
})

/** Adds to the draft what brings the rows into the dataset, if anything changes; answers with what became of its columns. */
export const planArrival = Effect.fnUntraced(function* (draft: Draft, writer: string, arrival: Arrival) {
  const { report, now, seen } = arrival
  const { dataset } = now
  const verdict = yield* judgeReport(report, seen, now)
  const settled = verdict.contract
  if (settled.columns.length === 0 && report.rows === 0) return []

  if (report.mode === "replace" && report.rows === 0 && now.contract !== null) {
    if (dataset.onEmpty === "keep") return []
    if (dataset.onEmpty === "fail") return yield* new EmptyReplace({ dataset: dataset.name, output: report.output })
  }
  const changed = yield* bring(draft, arrival, settled)
  const others = changed && report.mode === "replace" ? [] : now.writers
  const writers = changed ? [...new Set([...others, writer])] : others
  const text = contractText({ contract: settled, writers })
  const keepsContract = text === now.contractText || (now.contractText === null && !changed)
  if (!keepsContract) yield* draft.replaceText(contractFile(dataset.name), text, now.contractText !== null)
  if (changed || !keepsContract) draft.datasets[dataset.name] = { mode: report.mode, rows: report.rows }
  draft.name(dataset)
  draft.contracts.set(dataset.name, { dataset, text: keepsContract ? now.contractText : text })
  return verdict.changes.map(
    ({ column, change, from, to }) => ({ dataset: dataset.name, column, change, from, to }) satisfies SchemaChange,
  )
})
