import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { DuplicateKey, RowRefused, StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { judge } from "../formats/drift.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { RowError } from "../formats/rowError.ts"
import type { Amending } from "./amendText.ts"
import type { Arrival, Brought } from "./arrivals.ts"
import { keepContract } from "./changes.ts"
import { somebody } from "./contracts.ts"
import { reasonOf } from "./database.ts"
import { Disk } from "./Disk.ts"
import type { Draft } from "./draft.ts"
import { refusal, reportOf, writerOf } from "./encoding.ts"
import { changed } from "./fileReading.ts"
import { chunksOf } from "./looks.ts"
import { toldKey } from "./merging.ts"
import { writeLines } from "./rowSlots.ts"
import { amend } from "./table/amend.ts"
import { arrive, type Arrived } from "./table/arrive.ts"
import { DuplicateRows, RefusedRow, TableRefusal } from "./table/refusal.ts"
import { tableName } from "./tableDataset.ts"
import { ruleOf } from "./upserting.ts"

/** The staged rows in the dataset's table, within the draft's open transaction; answers as `bring` does. */
export const bringRows = Effect.fnUntraced(function* (draft: Draft, arrival: Arrival, settled: Contract) {
  const disk = yield* Disk
  const { report, staged, now } = arrival
  const { dataset } = now
  const { connection, fresh } = yield* draft.open(dataset.file)
  const rule = report.mode === "upsert" ? yield* ruleOf(arrival, settled) : null
  const before = `${staged.file}.before`
  let kept = false
  const work = Effect.tryPromise({
    try: () =>
      arrive(
        connection,
        {
          table: tableName(dataset),
          mode: report.mode,
          contract: settled,
          previous: now.contract,
          chunks: () => chunksOf(staged.file),
          key: rule?.key ?? [],
        },
        (lines) => {
          kept = true
          return writeLines(before, lines)
        },
      ),
    catch: (cause) => failureOf(arrival, cause),
  })
  const arrived = yield* disk.work("write", dataset.file, work)
  const { changed, upserted } = arrived
  if (!arrived.changed) return { changed, upserted } satisfies Brought
  yield* keepUnit(draft, arrival.now, arrived, { prefix: staged.file, before: kept ? before : null, fresh })
  return { changed, upserted } satisfies Brought
})

interface Slots {
  readonly prefix: string
  readonly before: string | null
  readonly fresh: boolean
}

const keepUnit = Effect.fnUntraced(function* (
  draft: Draft,
  { dataset }: Arrival["now"],
  { unit, keys: lines }: Pick<Extract<Arrived, { readonly changed: true }>, "unit" | "keys">,
  { prefix, before, fresh }: Slots,
) {
  const disk = yield* Disk
  const keys = `${prefix}.keys`
  yield* disk.write(keys, Buffer.from(lines.map((line) => `${line}\n`).join("")))
  yield* draft.rows(dataset, unit, { keys, before, fresh })
})

/** The dataset's table with its rows edited, within the draft's open transaction; answers how many rows these are. */
export const amendRows = Effect.fnUntraced(function* (draft: Draft, { output, now, net, prefix }: Amending) {
  const disk = yield* Disk
  const { dataset, contract } = now
  const { connection } = yield* draft.open(dataset.file)
  const before = `${prefix}.before`
  let kept = false
  const facts = { output, mode: "insert", shape: "segment" } as const
  /** The contract that rows leave; nothing of them is staged. */
  const settle = (rows: Iterable<Row>): Contract => {
    const writer = writerOf(now, "segment", { write: () => {} })
    for (const row of rows) writer.row(row)
    const { columns, rows: count } = reportOf(writer, facts)
    return judge({ columns, rows: count, contract, codec: now.codec, onDrift: dataset.onDrift }).contract
  }
  const work = Effect.tryPromise({
    try: () =>
      amend(connection, { table: tableName(dataset), contract, net, settle }, (lines) => {
        kept = true
        return writeLines(before, lines)
      }),
    catch: (cause) =>
      RowError.is(cause) ? refusal(now, output, cause) : failureOf({ report: { output }, now }, cause),
  })
  const amended = yield* disk.work("write", dataset.file, work)
  const { touched, contract: settled } = amended
  const rows = touched + net.fresh.length
  if (!amended.changed) return rows
  yield* keepUnit(draft, now, amended, { prefix, before: kept ? before : null, fresh: false })
  const writers = amended.unit.rows > 0 ? [...new Set([...now.writers, somebody])] : now.writers
  yield* keepContract(draft, now, { contract: settled, writers }, true, { mode: net.mode, rows })
  return rows
})

const failureOf = (
  { report, now: { dataset } }: { readonly report: { readonly output: string }; readonly now: Arrival["now"] },
  cause: unknown,
) => {
  const { output } = report
  if (cause instanceof RefusedRow) {
    const { row, column, detail } = cause
    return new RowRefused({ dataset: dataset.name, output, row, column, detail })
  }
  if (cause instanceof DuplicateRows) {
    return new DuplicateKey({ dataset: dataset.name, output, key: toldKey(cause.key), rows: cause.rows })
  }
  if (cause instanceof TableRefusal) return changed(dataset, cause.detail, "Nothing was written. Try again.")
  if (cause instanceof MalformedFile) return new StagingCorrupt({ output, detail: cause.message })
  return new StoreFailed({ operation: "write", path: dataset.source, code: reasonOf(cause) })
}
