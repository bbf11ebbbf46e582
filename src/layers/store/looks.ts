import { Effect } from "effect"
import { createReadStream } from "node:fs"
import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { Row } from "../../services/domain/Row.ts"
import { DatasetChanged, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { sniffCsv } from "../formats/csvSniff.ts"
import type { CellIssue } from "../formats/decode.ts"
import { arrayEnd } from "../formats/jsonArrayText.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { readRows } from "../formats/readRows.ts"
import { checkFile, inferFile } from "../formats/userFile.ts"
import { sourceName } from "./contracts.ts"
import { Disk, notAFile, type Stamp } from "./Disk.ts"
import { type Habits, plainHabits } from "./habits.ts"
import { tableLooker, tableStamp } from "./tableDataset.ts"

type LookError = DatasetChanged | StoreFailed

/** How one format is looked at. */
export interface Looker {
  readonly habits: (stamp: Stamp) => Effect.Effect<Habits, LookError, Disk>
  /** The contract of what the user brought, over the whole of it; null where there are no rows. */
  readonly infer: Effect.Effect<{ readonly issue: CellIssue | null; readonly contract: Contract | null }, LookError>
  /** The first cell that doesn't fit. */
  readonly check: (contract: Contract) => Effect.Effect<CellIssue | null, LookError>
  /** Batches of rows, as they are when this begins. */
  readonly rows: (contract: Contract) => AsyncIterable<ReadonlyArray<Row>>
}

export const lookerFor = (dataset: SourceDataset): Looker => {
  switch (dataset.format) {
    case "sqlite":
      return tableLooker(dataset)
    case "parquet":
      return parquetLooker(dataset)
    default:
      return textLooker(dataset, dataset.format)
  }
}

const textLooker = (dataset: SourceDataset, format: TextFormat): Looker => ({
  habits: Effect.fnUntraced(function* (stamp) {
    const disk = yield* Disk
    if (format === "json") return { ...plainHabits, closing: yield* readClosing(dataset, stamp) }
    const tail = yield* disk.readRange(dataset.file, { from: stamp.size - 1, to: stamp.size })
    if (format === "jsonl") return { ...plainHabits, finalNewline: tail[0] === 10 }
    const head = yield* disk.readRange(dataset.file, { from: 0, to: Math.min(stamp.size, headBytes) })
    const { header, eol, bom, finalNewline } = yield* reading(dataset, async () => sniffCsv(head, tail))
    return { ...plainHabits, columns: header, eol, bom, finalNewline }
  }),
  infer: reading(dataset, () => inferFile(format, chunksOf(dataset.file))),
  check: (contract) => reading(dataset, () => checkFile(format, chunksOf(dataset.file), contract)),
  rows: (contract) => readRows(format, chunksOf(dataset.file), contract),
})

/** Long enough for a header of a thousand long names. */
const headBytes = 1 << 18

/** Null when the file is no array: whoever reads all of it says what is wrong. */
const readClosing = Effect.fnUntraced(function* (dataset: SourceDataset, { size }: Stamp) {
  const disk = yield* Disk
  for (let length = 256; ; length *= 16) {
    const end = yield* disk.readRange(dataset.file, { from: Math.max(0, size - length), to: size })
    const found = arrayEnd(end)
    if (found !== null) return { bytes: end.subarray(end.length - found.length), empty: found.empty }
    if (length >= size) return null
  }
})

const parquetLooker = (dataset: SourceDataset): Looker => {
  const parquet = <A>(use: (codec: typeof import("../formats/parquet/userParquet.ts")) => Promise<A>) =>
    reading(dataset, async () => use(await import("../formats/parquet/userParquet.ts")))
  return {
    habits: () => Effect.succeed(plainHabits),
    infer: parquet(({ inferParquet }) => inferParquet(dataset.file)),
    check: (contract) => parquet(({ checkParquet }) => checkParquet(dataset.file, contract)),
    rows: async function* (contract) {
      const { readParquet } = await import("../formats/parquet/readParquet.ts")
      yield* readParquet(dataset.file, contract)
    },
  }
}

export const stampOf = Effect.fnUntraced(function* (dataset: SourceDataset) {
  const disk = yield* Disk
  const stamp = yield* disk.stat(dataset.file).pipe(
    Effect.catchIf(
      ({ code }) => code === notAFile,
      () =>
        Effect.fail(
          changed(dataset, "it is a directory, a pipe or the like, and no file", "Put the file in its place."),
        ),
    ),
  )
  return stamp !== null && dataset.format === "sqlite" ? yield* tableStamp(dataset, stamp) : stamp
})

export const chunksOf = (file: string): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 1 << 18 })

/** What goes wrong while a dataset's file is read. */
export const readError = (dataset: SourceDataset, cause: unknown) =>
  cause instanceof MalformedFile
    ? changed(dataset, cause.message, "Correct the file; nothing was written.")
    : new StoreFailed({ operation: "read", path: sourceName(dataset), code: errnoOf(cause) })

export const reading = <A>(dataset: SourceDataset, read: () => Promise<A>) =>
  Effect.tryPromise({ try: read, catch: (cause) => readError(dataset, cause) })

export const beingWritten = (dataset: SourceDataset) =>
  changed(dataset, "it is being written at this moment", "Try again when that is done.")

export const changed = (dataset: SourceDataset, detail: string, next: string) =>
  new DatasetChanged({ dataset: dataset.name, file: dataset.source, detail, next })

export const misfit = (dataset: SourceDataset, { row, column, expected, got }: CellIssue, next: string) => {
  const where = column === null ? `row ${row}` : `row ${row}, column "${column}"`
  return changed(dataset, `${where} should be ${expected}, it is ${got}`, next)
}
