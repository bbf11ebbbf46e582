import { Effect } from "effect"
import * as path from "node:path"
import type { Contract } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import { EmptyReplace, SchemaDrift } from "../../services/domain/StoreError.ts"
import { type Evidence, hasDrift, judge, recheck } from "../formats/drift.ts"
import { contractFile, contractText } from "./contracts.ts"
import { type DatasetState, sameState } from "./datasetState.ts"
import type { Draft } from "./draft.ts"
import { demandUnchanged } from "./reading.ts"
import { rewriteCsv, type Staged } from "./staged.ts"
import { digestOf } from "./steps.ts"

/** One output's staged rows on their way into its dataset. */
export interface Arrival {
  readonly report: OutputReport & { readonly mode: "insert" | "replace" }
  readonly staged: Staged
  /** The dataset as the rows were encoded for it. */
  readonly seen: DatasetState
  /** The dataset as it is now, under the commit lock. */
  readonly now: DatasetState
}

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
export const planArrival = Effect.fnUntraced(function* (home: string, draft: Draft, arrival: Arrival) {
  const { report, now, seen } = arrival
  const { dataset } = now
  const verdict = yield* judgeReport(report, seen, now)
  const settled = verdict.contract
  if (settled.columns.length === 0 && report.rows === 0) return []

  if (report.mode === "replace" && report.rows === 0 && now.contract !== null) {
    if (dataset.onEmpty === "keep") return []
    if (dataset.onEmpty === "fail") return yield* new EmptyReplace({ dataset: dataset.name, output: report.output })
  }
  const changed =
    report.mode === "replace" ? yield* replace(draft, arrival, settled) : yield* insert(draft, arrival, settled)
  const text = contractText(settled)
  const keepsContract = text === now.contractText || (now.contractText === null && !changed)
  if (!keepsContract) {
    yield* draft.replaceText(contractFile(dataset.name), text, now.contractText !== null)
  }
  if (changed || !keepsContract) draft.datasets[dataset.name] = { mode: report.mode, rows: report.rows }
  draft.names[path.relative(home, dataset.file)] = dataset.name
  draft.contracts.set(dataset.name, { dataset, text: keepsContract ? now.contractText : text })
  return verdict.changes.map(
    ({ column, change, from, to }) => ({ dataset: dataset.name, column, change, from, to }) satisfies SchemaChange,
  )
})

/** The columns that the file has once this is done, in order; JSON lines carry theirs themselves. */
const headerOf = (now: DatasetState, settled: Contract): ReadonlyArray<string> => {
  const names = settled.columns.map(({ name }) => name)
  const kept = (now.contract === null ? [] : (now.columns ?? [])).filter((name) => names.includes(name))
  return [...kept, ...names.filter((name) => !kept.includes(name))]
}

const columnsOf = (report: OutputReport): ReadonlyArray<string> => report.columns.map(({ name }) => name)
const equal = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((name, at) => name === b[at])

/** The staged records in the file's columns, with or without a header; the staged file itself where that is what it is. */
const reshape = Effect.fnUntraced(function* (arrival: Arrival, header: ReadonlyArray<string>, withHeader: boolean) {
  const { report, staged, now, seen } = arrival
  const columns = columnsOf(report)
  const hasHeader = report.shape === "whole" && columns.length > 0
  const asIs = equal(columns, header) && report.headerColumns === columns.length && hasHeader === withHeader
  if (now.codec === "jsonl" || (asIs && seen.eol === now.eol)) return staged
  const part = { file: staged.file, from: columns, inputHeader: hasHeader, shortest: report.headerColumns }
  return yield* rewriteCsv([part], header, `${staged.file}.new`, { eol: now.eol, header: withHeader, bom: false })
})

const replace = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  const { now } = arrival
  const content = yield* reshape(arrival, headerOf(now, settled), now.codec === "csv")
  if (now.stamp !== null && now.stamp.size === content.bytes) {
    const there = yield* digestOf([{ file: now.dataset.file, from: 0, to: content.bytes }])
    if (there === content.hash) return false
  }
  yield* draft.replaceFile(now.dataset.file, content, now.stamp)
  return true
})

const insert = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  const { report, staged, now } = arrival
  if (report.rows === 0) return false
  const { dataset, codec, stamp } = now
  const header = headerOf(now, settled)
  // An empty dataset: what there is of a file (a lone header, blank lines) gives way.
  if (now.contract === null || stamp === null || (codec === "csv" && now.columns === null)) {
    yield* draft.replaceFile(dataset.file, yield* reshape(arrival, header, codec === "csv"), stamp)
    return true
  }
  if (codec === "csv" && !equal(now.columns ?? [], header)) {
    const columns = now.columns ?? []
    const there = { file: dataset.file, from: columns, inputHeader: true, shortest: columns.length }
    const names = columnsOf(report)
    const arrived = {
      file: staged.file,
      from: names,
      inputHeader: report.shape === "whole",
      shortest: report.headerColumns,
    }
    const { eol, bom } = now
    const content = yield* rewriteCsv([there, arrived], header, `${staged.file}.new`, { eol, bom, header: true }).pipe(
      Effect.tapError(() => demandUnchanged(dataset, stamp)),
    )
    // Rows that somebody added while it was read would be lost.
    yield* demandUnchanged(dataset, stamp)
    yield* draft.replaceFile(dataset.file, content, stamp)
    return true
  }
  const content = yield* reshape(arrival, header, false)
  yield* draft.append(dataset.file, stamp, now.finalNewline ? "" : now.eol, content)
  return true
})
