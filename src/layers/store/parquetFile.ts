import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { Contract } from "../../services/domain/Contract.ts"
import { RowRefused, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { RowError } from "../formats/rowError.ts"
import { type Amending, amendText } from "./amendText.ts"
import type { Arrival } from "./arrivals.ts"
import { Disk } from "./Disk.ts"
import { malformed } from "./fileReading.ts"
import { plainHabits } from "./habits.ts"
import { inStaged } from "./refusedRow.ts"
import type { Staged } from "./staged.ts"
import { mergeText } from "./upserting.ts"

type Arriving = Pick<Arrival, "report" | "staged" | "now">

/** A file of its own: what there was, unless it gives way, and the staged rows behind it. Parquet cannot be appended to. */
export const toParquet = Effect.fnUntraced(function* (arrival: Arriving, settled: Contract, afresh: boolean) {
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

/** Rows upserted into the file, null where that changes nothing; `anew` says that its columns change, too. */
export const mergeParquet = Effect.fnUntraced(function* (arrival: Arrival, settled: Contract, anew: boolean) {
  const { report, staged } = arrival
  const base = yield* extract(arrival, settled, `${staged.file}.base`)
  const merged = yield* mergeText(arrival, settled, staged, base, anew)
  const { counts } = merged
  if (merged.kind === "same") return { content: null, counts }
  const isFresh = merged.kind === "fresh"
  const rows = isFresh ? merged.rows : merged.content
  const arriving = { ...arrival, staged: rows, report: { ...report, mode: isFresh ? "insert" : report.mode } } as const
  const content = yield* toParquet(arriving, settled, !isFresh).pipe(
    Effect.catchTag("RowRefused", (refused) => inStaged(refused, rows.file, arrival, settled)),
  )
  return { content, counts }
})

/** The file with its rows edited; see `amendText`. */
export const amendParquet = Effect.fnUntraced(function* (amending: Amending) {
  const { output, now, prefix } = amending
  const base = yield* extract({ report: { output }, now }, now.contract, `${prefix}.base`)
  const amended = yield* amendText(amending, base)
  const { report, content } = amended
  if (content === null) return { ...amended, content }
  const file = yield* toParquet({ report, staged: content.file, now }, content.settled, true).pipe(
    // Its number is that of a row of the file, and nobody sent that.
    Effect.catchTag("RowRefused", ({ dataset, output, column, detail }) =>
      Effect.fail(new RowRefused({ dataset, output, row: null, column, detail })),
    ),
  )
  return { ...amended, content: { ...content, file } }
})

/** The rows of the file as text. */
const extract = Effect.fnUntraced(function* (arrival: Work, settled: Contract, file: string) {
  const disk = yield* Disk
  const { dataset, contract } = arrival.now
  yield* working(arrival, file, ({ extractRows }) => extractRows(dataset.file, settled, contract, file))
  const { size } = (yield* disk.stat(file)) ?? { size: 0 }
  return { ...plainHabits, file, size, format: "jsonl" } as const
})

interface Work {
  readonly report: { readonly output: string }
  readonly now: Arrival["now"]
}

const working = Effect.fnUntraced(function* (
  { report, now: { dataset } }: Work,
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
