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
import type { Staged } from "./staged.ts"

/** A file of its own: what there was, unless it gives way, and the staged rows behind it. Parquet cannot be appended to. */
export const toParquet = Effect.fnUntraced(function* (arrival: Arrival, settled: Contract, afresh: boolean) {
  const disk = yield* Disk
  const { report, staged, now } = arrival
  const { dataset } = now
  const target = `${staged.file}.new`
  const write = Effect.tryPromise({
    try: async () => {
      const { writeParquet } = await import("../formats/parquet/writeParquet.ts")
      const keeps = report.mode === "insert" && !afresh
      await writeParquet({
        target,
        before: keeps ? dataset.file : null,
        staged: staged.file,
        contract: settled,
        previous: keeps ? now.contract : null,
        temporary: path.dirname(staged.file),
      })
    },
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
  // It is flushed when it has the permissions of the file that it replaces.
  yield* disk.work("write", target, write)
  const bytes = (yield* disk.stat(target))?.size ?? 0
  const hash = createHash("sha256")
  yield* disk.digest(target, { from: 0, to: bytes }, hash)
  return { file: target, bytes, hash: hash.digest("hex") } satisfies Staged
})

const keepIt = "Nothing was written. Give the output a file of its own; a sql dataset can unite the two."
