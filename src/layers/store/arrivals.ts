import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import type { DatasetState } from "./datasetState.ts"
import type { Draft } from "./draft.ts"
import { demandUnchanged } from "./fileReading.ts"
import { toParquet } from "./parquetFile.ts"
import { rewriteCsv, toArray, toElements } from "./rewriting.ts"
import type { Staged } from "./staged.ts"
import { digestOf } from "./steps.ts"
import { bringRows } from "./tableArrival.ts"

/** One output's staged rows on their way into its dataset. */
export interface Arrival {
  readonly report: OutputReport & { readonly mode: Mode }
  /** The columns that tell rows apart. */
  readonly key: OutputPlan["key"]
  readonly staged: Staged
  /** The dataset as the rows were encoded for it. */
  readonly seen: DatasetState
  /** The dataset as it is now, under the commit lock. */
  readonly now: DatasetState
}

/** Adds to the draft what brings the rows into the dataset's file; answers whether anything changes. */
export const bring = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  const { report, now } = arrival
  if (report.mode === "insert" && report.rows === 0) return false
  const { dataset, stamp } = now
  // An empty dataset: what there is of a file (a lone header, blank lines) gives way.
  const isEmpty = now.contract === null || stamp === null
  switch (dataset.format) {
    case "csv":
      return report.mode === "replace" || isEmpty || now.columns === null
        ? yield* replace(draft, arrival, yield* reshape(arrival, headerOf(now, settled), true))
        : yield* insertCsv(draft, arrival, settled, now.columns)
    case "jsonl":
      if (report.mode === "replace" || isEmpty) return yield* replace(draft, arrival, arrival.staged)
      yield* draft.append(dataset.file, stamp, now.finalNewline ? "" : "\n", arrival.staged)
      return true
    case "json": {
      const { closing } = now
      // Without a closing the file, which fits its contract, is blank.
      if (report.mode === "replace" || isEmpty || closing === null) {
        return yield* replace(draft, arrival, yield* toArray(arrival.staged))
      }
      yield* draft.append(dataset.file, stamp, "", yield* toElements(arrival.staged, closing.empty), closing.bytes)
      return true
    }
    case "parquet":
      return yield* replace(draft, arrival, yield* toParquet(arrival, settled, isEmpty))
    case "sqlite":
      return yield* bringRows(draft, arrival, settled)
  }
})

/** The same bytes again are no change. */
const replace = Effect.fnUntraced(function* (draft: Draft, { report, now }: Arrival, content: Staged) {
  if (report.mode === "replace" && now.stamp !== null && now.stamp.size === content.bytes) {
    const there = yield* digestOf([{ file: now.dataset.file, from: 0, to: content.bytes }])
    if (there === content.hash) return false
  }
  yield* draft.replaceFile(now.dataset.file, content, now.stamp)
  return true
})

const insertCsv = Effect.fnUntraced(function* (
  draft: Draft,
  arrival: Arrival,
  settled: Contract,
  columns: ReadonlyArray<string>,
) {
  const { report, staged, now } = arrival
  const { dataset, stamp, eol, bom } = now
  const header = headerOf(now, settled)
  if (equal(columns, header) && stamp !== null) {
    yield* draft.append(dataset.file, stamp, now.finalNewline ? "" : eol, yield* reshape(arrival, header, false))
    return true
  }
  const there = { file: dataset.file, from: columns, inputHeader: true, shortest: columns.length }
  const inputHeader = report.shape === "whole"
  const arrived = { file: staged.file, from: columnsOf(report), inputHeader, shortest: report.headerColumns }
  const content = yield* rewriteCsv([there, arrived], header, `${staged.file}.new`, { eol, bom, header: true }).pipe(
    Effect.tapError(() => demandUnchanged(dataset, stamp)),
  )
  // Rows that somebody added while it was read would be lost.
  yield* demandUnchanged(dataset, stamp)
  yield* draft.replaceFile(dataset.file, content, stamp)
  return true
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
  if (asIs && seen.eol === now.eol) return staged
  const part = { file: staged.file, from: columns, inputHeader: hasHeader, shortest: report.headerColumns }
  return yield* rewriteCsv([part], header, `${staged.file}.new`, { eol: now.eol, header: withHeader, bom: false })
})
