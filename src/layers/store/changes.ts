import { Effect } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import { EmptyReplace } from "../../services/domain/StoreError.ts"
import { type Evidence, hasDrift, recheck, type Verdict } from "../formats/drift.ts"
import { type Arrival, bring } from "./arrivals.ts"
import { contractFile, contractText, type KeptContract } from "./contracts.ts"
import type { DatasetState } from "./datasetState.ts"
import { allNew } from "./merging.ts"
import { inOutput } from "./refusedRow.ts"
import { recased, settleable } from "./waysOn.ts"
import type { Draft } from "./draft.ts"
import { writersAfter } from "./fullSync.ts"
import { uniqueRows } from "./upserting.ts"

/** What of a dataset its rows are judged by. */
type Ground = Pick<DatasetState, "dataset" | "codec" | "contract">

/** What the rows showed, held against a dataset's contract; drift is an error. */
export const judgeReport = Effect.fnUntraced(function* (report: OutputReport, seen: Ground, now: Ground) {
  const { dataset, codec, contract } = now
  const evidence: Evidence = { columns: report.columns, rows: report.rows, contract, codec, onDrift: dataset.onDrift }
  const verdict = recheck(evidence, seen.contract)
  if (hasDrift(verdict.drift)) {
    const { drift } = verdict
    return yield* new SchemaDrift({
      dataset: dataset.name,
      output: report.output,
      onDrift: dataset.onDrift,
      ...drift,
      recased: recased(drift, contract),
      settleable: dataset.onDrift === "evolve" ? [] : settleable(drift, report.columns, now),
    })
  }
  return verdict
})

/** The verdict by which rows go into a dataset; null when there is nothing to be done, which `onEmpty` may forbid. */
export const admit = Effect.fnUntraced(function* (report: OutputReport, seen: Ground, now: Ground) {
  const verdict = yield* judgeReport(report, seen, now)
  if (report.rows > 0) return verdict
  if (verdict.contract.columns.length === 0) return null
  if (report.mode === "replace" && now.contract !== null) {
    const { name, onEmpty } = now.dataset
    if (onEmpty === "keep") return null
    if (onEmpty === "fail") return yield* new EmptyReplace({ dataset: name, output: report.output })
  }
  return verdict
})

/**
 * Adds to the draft what brings the rows into the dataset, if anything changes; answers with how many rows these are, what
 * becomes of those that are upserted, and of its columns. `seed` is what an empty dataset is to be judged by.
 */
export const planArrival = Effect.fnUntraced(function* (
  draft: Draft,
  writer: string,
  staged: Arrival,
  seed: Contract | null = null,
) {
  const { now, seen } = staged
  const { dataset } = now
  const [was, is] = seed === null ? [seen, now] : ([seeded(seen, seed), seeded(now, seed)] as const)
  const verdict = yield* admit(staged.report, was, is)
  if (verdict === null) {
    return { rows: staged.report.rows, upserted: staged.report.mode === "upsert" ? allNew(0) : null, schemaChanges: [] }
  }
  const settled = verdict.contract
  const arrival = staged.upserted ? yield* uniqueRows(staged, settled) : staged
  const { report } = arrival
  const { changed, upserted } = yield* bring(draft, arrival, settled).pipe(
    Effect.catchTag("RowRefused", (refused) => inOutput(refused, arrival, staged, settled)),
  )
  const writers = changed ? writersAfter(now.writers, writer, report.mode) : now.writers
  yield* keepContract(draft, now, { contract: settled, writers }, changed, { mode: report.mode, rows: report.rows })
  const { name } = dataset
  if (upserted !== null && Object.hasOwn(draft.datasets, name)) draft.upserted[name] = upserted
  return { rows: report.rows, upserted, schemaChanges: changesTo(name, verdict) }
})

const seeded = (ground: Ground, contract: Contract): Ground => ({ ...ground, contract })

/** What a dataset's rows and contract are once this is done; `changed` says whether its rows are others. */
export const keepContract = Effect.fnUntraced(function* (
  draft: Draft,
  { dataset, contractText: before, stamp }: DatasetState,
  kept: KeptContract,
  changed: boolean,
  change: Checkpoint["datasets"][string],
) {
  const text = contractText(kept)
  const keepsContract = text === before || (before === null && !changed)
  if (!keepsContract) yield* draft.replaceText(contractFile(dataset.name), text, before !== null)
  if (changed || !keepsContract) draft.datasets[dataset.name] = change
  draft.name(dataset)
  draft.contracts.set(dataset.name, { dataset, text: keepsContract ? before : text, stamp })
})

export const changesTo = (dataset: string, { changes }: Verdict): ReadonlyArray<SchemaChange> =>
  changes.map(({ column, change, from, to }) => ({ dataset, column, change, from, to }))
