import { Effect } from "effect"
import type { ActionsDone } from "../../services/domain/Action.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { DatasetEdits } from "../../services/domain/Edits.ts"
import { type Amending, amendText } from "./amendText.ts"
import { headerOf } from "./arrivals.ts"
import { keepContract, planArrival } from "./changes.ts"
import { somebody } from "./contracts.ts"
import type { DatasetState } from "./datasetState.ts"
import type { Draft } from "./draft.ts"
import { encodeRows } from "./encoding.ts"
import { demandUnchanged } from "./fileReading.ts"
import { netEdits, seededBy } from "./netEdits.ts"
import { amendParquet } from "./parquetFile.ts"
import { rewriteCsv } from "./rewriting.ts"
import { amendRows } from "./tableArrival.ts"
import type { Base } from "./upserting.ts"

/** Adds to the draft what edits come to in one dataset; answers how many rows these were. */
export const editDataset = Effect.fnUntraced(function* (
  draft: Draft,
  now: DatasetState,
  { dataset, edits, seed }: DatasetEdits,
  { action: output, prefix }: { readonly action: string; readonly prefix: string },
) {
  const { name, format } = dataset
  const { contract } = now
  const net = netEdits(edits, contract ?? seed, format === "parquet")
  const done = (rows: number): ActionsDone["datasets"][string] => {
    if (Object.hasOwn(draft.datasets, name)) draft.datasets[name] = { mode: net.mode, rows }
    return { mode: net.mode, rows }
  }
  const isEmpty = contract === null || now.stamp === null
  if (net.clears || isEmpty || net.matches.length === 0) {
    if (net.fresh.length === 0 && (isEmpty || !net.clears)) return done(0)
    yield* bringFresh(draft, { output, now, net, seed: contract === null ? seededBy(seed, net.fresh) : null, prefix })
    return done(net.fresh.length)
  }
  const amending: Amending = { output, now: { ...now, contract }, net, prefix }
  if (format === "sqlite") return done(yield* amendRows(draft, amending))
  return done(yield* amendFile(draft, amending))
})

interface Fresh extends Omit<Amending, "now"> {
  readonly now: DatasetState
  readonly seed: Contract | null
}

/** Rows that come arrive as those of a connector do. */
const bringFresh = Effect.fnUntraced(function* (draft: Draft, { output, now, net, seed, prefix }: Fresh) {
  const mode = net.clears ? "replace" : "insert"
  const shape = net.clears || now.contract === null ? "whole" : "segment"
  const ground = seed === null ? now : { ...now, contract: seed, columns: null }
  const { report, staged } = yield* encodeRows(ground, { output, mode, shape }, prefix, () => [net.fresh])
  if (now.dataset.format === "sqlite") yield* draft.open(now.dataset.file)
  yield* planArrival(draft, somebody, { report, upserted: false, key: null, staged, seen: now, now }, seed)
})

const amendFile = Effect.fnUntraced(function* (draft: Draft, amending: Amending) {
  const { now, net } = amending
  const { dataset, stamp } = now
  const amended = yield* (dataset.format === "parquet" ? amendParquet(amending) : amendOwn(amending)).pipe(
    Effect.tapError(() => demandUnchanged(dataset, stamp)),
    Effect.tap(() => demandUnchanged(dataset, stamp)),
  )
  const { touched, gone, changed, report, staged, content } = amended
  const rows = touched + net.fresh.length
  if (content === null) {
    if (net.fresh.length === 0) return rows
    // None of them is another than it was: the others go behind.
    yield* planArrival(draft, somebody, { report, upserted: false, key: null, staged, seen: now, now })
    return rows
  }
  const writes = changed > 0 || net.fresh.length > 0
  const writers = writes ? [...new Set([...now.writers, somebody])] : now.writers
  yield* draft.replaceFile(dataset.file, content.file, stamp)
  const change = { mode: net.mode, rows: gone + report.rows }
  yield* keepContract(draft, now, { contract: content.settled, writers }, true, change)
  return rows
})

/** A file of text as it is; a CSV whose header lacks columns gets them first, as it does for a connector's rows. */
const amendOwn = Effect.fnUntraced(function* (amending: Amending) {
  const { now, prefix } = amending
  const { dataset, stamp, eol, bom, columns, contract } = now
  if (stamp === null || dataset.format === "parquet" || dataset.format === "sqlite") {
    return yield* Effect.die(new Error(`${dataset.format} is no text`))
  }
  const base: Base = { ...now, file: dataset.file, size: stamp.size, format: dataset.format }
  if (dataset.format !== "csv" || columns === null) return yield* amendText(amending, base)
  const header = headerOf(now, contract)
  if (header.length === columns.length) return yield* amendText(amending, base)
  const there = { file: dataset.file, from: columns, inputHeader: true, shortest: columns.length }
  const { file, bytes } = yield* rewriteCsv([there], header, `${prefix}.base`, { eol, bom, header: true })
  return yield* amendText(amending, { ...base, file, size: bytes, columns: header, finalNewline: true })
})
