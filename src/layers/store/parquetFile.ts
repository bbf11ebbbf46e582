import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { Contract } from "../../services/domain/Contract.ts"
import { RowRefused, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { RowError } from "../formats/rowError.ts"
import type { Arrival } from "./arrivals.ts"
import { Disk } from "./Disk.ts"
import { malformed } from "./fileReading.ts"
import { plainHabits } from "./habits.ts"
import type { Staged } from "./staged.ts"
import { mergeText } from "./upserting.ts"

/** A file of its own: what there was, unless it gives way, and the staged rows behind it. Parquet cannot be appended to. */
export const toParquet = Effect.fnUntraced(function* (arrival: Arrival, settled: Contract, afresh: boolean) {
  const disk = yield* Disk
  const { report, staged, now } = arrival
  const target = `${staged.file}.new`
  // It is flushed when it has the permissions of the file that it replaces.
  yield* working(arrival, target, async ({ writeParquet }) => {
    const keeps = report.mode === "insert" && !afresh
    await writeParquet({
      target,
      before: keeps ? now.dataset.file : null,
      staged: staged.file,
      contract: settled,
      previous: keeps ? now.contract : null,
      temporary: path.dirname(staged.file),
    })
  })
  const bytes = (yield* disk.stat(target))?.size ?? 0
  const hash = createHash("sha256")
  yield* disk.digest(target, { from: 0, to: bytes }, hash)
  return { file: target, bytes, hash: hash.digest("hex") } satisfies Staged
})

/** Rows upserted into the file, or null where that changes nothing; `anew` says that its columns change, too. */
export const mergeParquet = Effect.fnUntraced(function* (arrival: Arrival, settled: Contract, anew: boolean) {
  const disk = yield* Disk
  const { report, staged, now } = arrival
  const file = `${staged.file}.base`
  yield* working(arrival, file, ({ extractRows }) => extractRows(now.dataset.file, settled, now.contract, file))
  const { size } = (yield* disk.stat(file)) ?? { size: 0 }
  const base = { ...plainHabits, file, size, format: "jsonl" } as const
  const merged = yield* mergeText(arrival, settled, staged, base, anew)
  if (merged.kind === "same") return null
  if (merged.kind === "fresh") {
    return yield* toParquet({ ...arrival, staged: merged.rows, report: { ...report, mode: "insert" } }, settled, false)
  }
  return yield* toParquet({ ...arrival, staged: merged.content }, settled, true)
})

const working = Effect.fnUntraced(function* (
  { report, now: { dataset } }: Arrival,
  target: string,
  work: (codec: typeof import("../formats/parquet/writeParquet.ts")) => Promise<void>,
) {
  const disk = yield* Disk
  const effect = Effect.tryPromise({
    try: async () => work(await import("../formats/parquet/writeParquet.ts")),
    catch: (cause) => {
      if (RowError.is(cause)) {
        const { row, column, expected, got } = cause
        const detail = `expected ${expected}, got ${got}`
        return new RowRefused({ dataset: dataset.name, output: report.output, row, column, detail })
      }
      if (cause instanceof MalformedFile) return malformed(dataset, null, cause.problem, keepIt)
      return new StoreFailed({ operation: "write", path: target, code: errnoOf(cause) })
    },
  })
  yield* disk.work("write", target, effect)
})

const keepIt = "Nothing was written. Give the output a file of its own; a sql dataset can unite the two."
