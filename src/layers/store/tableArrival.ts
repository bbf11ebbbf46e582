import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import { DuplicateKey, RowRefused, StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { MalformedFile } from "../formats/malformed.ts"
import type { Arrival } from "./arrivals.ts"
import { reasonOf } from "./database.ts"
import { Disk } from "./Disk.ts"
import type { Draft } from "./draft.ts"
import { changed } from "./fileReading.ts"
import { chunksOf } from "./looks.ts"
import { toldKey } from "./merging.ts"
import { writeLines } from "./rowSlots.ts"
import { arrive } from "./table/arrive.ts"
import { DuplicateRows, RefusedRow, TableRefusal } from "./table/refusal.ts"
import { tableName } from "./tableDataset.ts"
import { ruleOf } from "./upserting.ts"

/** The staged rows in the dataset's table, within the draft's open transaction; answers whether anything changes. */
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
  if (!arrived.changed) return false
  const keys = `${staged.file}.keys`
  yield* disk.write(keys, Buffer.from(arrived.keys.map((line) => `${line}\n`).join("")))
  yield* draft.rows(dataset, arrived.unit, { keys, before: kept ? before : null, fresh })
  return true
})

const failureOf = ({ report, now: { dataset } }: Arrival, cause: unknown) => {
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
