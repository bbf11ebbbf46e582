import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode, Upserted } from "../../services/domain/Run.ts"
import type { Format } from "../../services/domain/Manifest.ts"
import type { DatasetState } from "./datasetState.ts"
import { allNew } from "./merging.ts"
import type { Draft } from "./draft.ts"
import { demandUnchanged } from "./fileReading.ts"
import { mergeParquet, toParquet } from "./parquetFile.ts"
import { rewriteCsv, toArray, toElements } from "./rewriting.ts"
import type { Staged } from "./staged.ts"
import { digestOf } from "./steps.ts"
import { bringRows } from "./tableArrival.ts"
import { type Base, mergeText } from "./upserting.ts"

/** One output's staged rows on their way into its dataset. */
export interface Arrival {
  readonly report: OutputReport & { readonly mode: Mode }
  /** Its rows were upserted, whatever becomes of them in a full sync. */
  readonly upserted: boolean
  /** The columns that tell rows apart. */
  readonly key: OutputPlan["key"]
  readonly staged: Staged
  /** The dataset as the rows were encoded for it. */
  readonly seen: DatasetState
  /** The dataset as it is now, under the commit lock. */
  readonly now: DatasetState
}

type FileFormat = Exclude<Format, "sqlite">

export interface Brought {
  /** Anything of the dataset's rows changes. */
  readonly changed: boolean
  /** What becomes of rows that are upserted; null of others. */
  readonly upserted: Upserted | null
}

/** Adds to the draft what brings the rows into the dataset's file. */
export const bring = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  const { report, now } = arrival
  const { mode, rows } = report
  const upserted = mode === "upsert" ? allNew(rows) : null
  if (mode !== "replace" && rows === 0) return { changed: false, upserted } satisfies Brought
  const { format } = now.dataset
  if (format === "sqlite") return yield* bringRows(draft, arrival, settled)
  if (mode === "upsert" && !isEmpty(now)) return yield* upsert(draft, arrival, settled, format)
  return { changed: yield* write(draft, arrival, settled, format), upserted } satisfies Brought
})

/** What there is of an empty dataset's file (a lone header, blank lines) gives way. */
const isEmpty = ({ contract, stamp }: DatasetState): boolean => contract === null || stamp === null

/** Rows that go behind the others, or take the place of all; answers whether anything changes. */
const write = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract, format: FileFormat) {
  const { report, now } = arrival
  const { dataset, stamp } = now
  const afresh = report.mode === "replace" || isEmpty(now) || stamp === null
  switch (format) {
    case "csv":
      return afresh || now.columns === null
        ? yield* replaceCsv(draft, arrival, settled)
        : yield* insertCsv(draft, arrival, settled, now.columns)
    case "jsonl":
      if (afresh) return yield* replace(draft, arrival, arrival.staged)
      yield* draft.append(dataset.file, stamp, now.finalNewline ? "" : "\n", arrival.staged)
      return true
    case "json": {
      const { closing } = now
      // Without a closing the file, which fits its contract, is blank.
      if (afresh || closing === null) {
        return yield* replace(draft, arrival, yield* toArray(arrival.staged))
      }
      yield* draft.append(dataset.file, stamp, "", yield* toElements(arrival.staged, closing.empty), closing.bytes)
      return true
    }
    case "parquet":
      return yield* replace(draft, arrival, yield* toParquet(arrival, settled, isEmpty(now)))
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

const replaceCsv = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  return yield* replace(draft, arrival, yield* reshape(arrival, headerOf(arrival.now, settled), true))
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
  const content = yield* unmeddled(
    arrival,
    rewriteCsv([there, arrived], header, `${staged.file}.new`, { eol, bom, header: true }),
  )
  yield* draft.replaceFile(dataset.file, content, stamp)
  return true
})

/** Rows that somebody added while it was read would be lost; and what was read then is not to be blamed on anything else. */
const unmeddled = <A, E, R>({ now: { dataset, stamp } }: Arrival, reads: Effect.Effect<A, E, R>) =>
  reads.pipe(
    Effect.tapError(() => demandUnchanged(dataset, stamp)),
    Effect.tap(() => demandUnchanged(dataset, stamp)),
  )

/** Into a dataset with a contract; see `mergeText`. What comes to nothing is no change. */
const upsert = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract, format: FileFormat) {
  const { report, staged, now } = arrival
  const { dataset, stamp, eol, bom, finalNewline, closing } = now
  if (stamp === null) return yield* Effect.die(new Error("an upsert into nothing"))
  const grows = settled.columns.length > (now.contract?.columns.length ?? 0)
  if (format === "parquet") {
    const { content, counts } = yield* unmeddled(arrival, mergeParquet(arrival, settled, grows))
    if (content !== null) yield* draft.replaceFile(dataset.file, content, stamp)
    return { changed: content !== null, upserted: counts } satisfies Brought
  }
  let base: Base = { ...now, file: dataset.file, size: stamp.size, format }
  let rows = staged
  let anew = false
  // A CSV without a header, whatever its contract says, holds no rows, and nor does a blank array.
  if ((format === "csv" && now.columns === null) || (format === "json" && closing === null)) {
    const upserted = allNew(report.rows)
    return { changed: yield* write(draft, arrival, settled, format), upserted } satisfies Brought
  }
  if (format === "csv" && now.columns !== null) {
    const header = headerOf(now, settled)
    rows = yield* reshape(arrival, header, false)
    anew = !equal(now.columns, header)
    if (anew) {
      const there = { file: dataset.file, from: now.columns, inputHeader: true, shortest: now.columns.length }
      const widened = rewriteCsv([there], header, `${staged.file}.base`, { eol, bom, header: true })
      const { file, bytes } = yield* unmeddled(arrival, widened)
      base = { ...base, file, size: bytes, columns: header, finalNewline: true }
    }
  }
  const merged = yield* unmeddled(arrival, mergeText(arrival, settled, rows, base, anew))
  const upserted = merged.counts
  if (merged.kind === "same") return { changed: false, upserted } satisfies Brought
  if (merged.kind === "rewritten") {
    yield* draft.replaceFile(dataset.file, merged.content, stamp)
    return { changed: true, upserted } satisfies Brought
  }
  const fresh = closing === null ? merged.rows : yield* toElements(merged.rows, closing.empty)
  yield* draft.append(dataset.file, stamp, finalNewline || closing !== null ? "" : eol, fresh, closing?.bytes ?? null)
  return { changed: true, upserted } satisfies Brought
})

/** The columns that the file has once this is done, in order; JSON lines carry theirs themselves. */
export const headerOf = (now: Pick<DatasetState, "contract" | "columns">, settled: Contract): ReadonlyArray<string> => {
  // Sets, as there may be very many.
  const names = new Set(settled.columns.map(({ name }) => name))
  const kept = new Set((now.contract === null ? [] : (now.columns ?? [])).filter((name) => names.has(name)))
  return [...kept, ...names.difference(kept)]
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
