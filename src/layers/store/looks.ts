import { Effect } from "effect"
import { createReadStream } from "node:fs"
import type { RowsPart } from "../../services/DatasetStore.ts"
import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { DatasetChanged, DatasetMalformed, StoreFailed } from "../../services/domain/StoreError.ts"
import { headerEnd, sniffCsv } from "../formats/csvSniff.ts"
import type { CellIssue } from "../formats/decode.ts"
import { arrayEnd } from "../formats/jsonArrayText.ts"
import { allRows, readRows } from "../formats/readRows.ts"
import { checkFile, inferFile } from "../formats/userFile.ts"
import { databaseStamp } from "./databaseStamp.ts"
import { Disk, notAFile, type Stamp } from "./Disk.ts"
import { beingWritten, changed, correctIt, demandUnchanged, malformed, reading } from "./fileReading.ts"
import { type Habits, longestHeader, plainHabits } from "./habits.ts"
import { tableLooker } from "./tableDataset.ts"

type LookError = DatasetChanged | DatasetMalformed | StoreFailed

export interface Inferred {
  readonly issue: CellIssue | null
  readonly contract: Contract | null
}

/** How one format is looked at. */
export interface Looker {
  readonly habits: (stamp: Stamp) => Effect.Effect<Habits, LookError, Disk>
  /** The contract of what the user brought, over the whole of it; null where there are no rows. */
  readonly infer: (stamp: Stamp) => Effect.Effect<Inferred, LookError, Disk>
  /** The first cell that doesn't fit. */
  readonly check: (contract: Contract, stamp: Stamp) => Effect.Effect<CellIssue | null, LookError, Disk>
  /** Batches of rows, as they are when this begins. */
  readonly rows: (contract: Contract, part?: RowsPart) => AsyncIterable<ReadonlyArray<Row>>
  /** Rows, where the format knows without reading them; null for a text. */
  readonly count: ((stamp: Stamp) => Effect.Effect<number, LookError, Disk>) | null
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
  habits: (stamp) =>
    habitsOf(dataset, format, stamp).pipe(
      // What was read in part says nothing. (A database is looked at by SQLite, which sees one state of it.)
      Effect.tapError(() => demandUnchanged(dataset, stamp)),
    ),
  infer: (stamp) => reading(dataset, stamp, () => inferFile(format, chunksOf(dataset.file))),
  check: (contract, stamp) => reading(dataset, stamp, () => checkFile(format, chunksOf(dataset.file), contract)),
  rows: (contract, part = allRows) =>
    readRows(format, chunksOf(dataset.file), contract, { ...part, first: 0, watch: null }),
  count: null,
})

const habitsOf = Effect.fnUntraced(function* (dataset: SourceDataset, format: TextFormat, stamp: Stamp) {
  const disk = yield* Disk
  if (format === "json") return { ...plainHabits, closing: yield* readClosing(dataset, stamp) }
  const tail = yield* disk.readRange(dataset.file, { from: stamp.size - 1, to: stamp.size })
  if (format === "jsonl") return { ...plainHabits, finalNewline: tail[0] === 10 }
  const head = yield* readHead(dataset, stamp)
  const { header, eol, bom, finalNewline } = yield* reading(dataset, stamp, async () => sniffCsv(head, tail))
  return { ...plainHabits, columns: header, eol, bom, finalNewline }
})

/** Long enough for nearly every header. */
const headBytes = 1 << 18

/** The header of a CSV, and a byte more, as a line feed may follow its carriage return. */
const readHead = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp) {
  const disk = yield* Disk
  let head = Buffer.alloc(0)
  for (let to = headBytes; headerEnd(head) >= head.length - 1 && head.length < stamp.size; to *= 8) {
    if (head.length === longestHeader) {
      const detail = `its first line is longer than ${longestHeader >> 20} MiB; a quote in it may never be closed`
      return yield* malformed(dataset, 1, detail, correctIt)
    }
    const from = head.length
    const more = yield* disk.readRange(dataset.file, { from, to: Math.min(stamp.size, to, longestHeader) })
    if (more.length === 0) return yield* beingWritten(dataset)
    head = Buffer.concat([head, more])
  }
  return head
})

/** Null when the file is no array: whoever reads all of it says what is wrong. */
const readClosing = Effect.fnUntraced(function* (dataset: SourceDataset, { size }: Stamp) {
  const disk = yield* Disk
  for (let length = 256; ; length *= 16) {
    const end = yield* disk.readRange(dataset.file, { from: Math.max(0, size - length), to: size })
    const found = arrayEnd(end)
    if (found !== null) return { bytes: end.subarray(end.length - found.length), empty: found.empty }
    if (length >= size || !end.every(isOfClosing)) return null
    if (length > longestClosing) {
      const detail = `it ends with more than ${longestClosing >> 20} MiB of blanks`
      return yield* malformed(dataset, null, detail, correctIt)
    }
  }
})

const longestClosing = 1 << 24

/** A blank or the bracket: what stands before these may yet be the end of an element. */
const isOfClosing = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x5d

const parquetLooker = (dataset: SourceDataset): Looker => {
  const parquet = <A>(stamp: Stamp, use: (codec: typeof import("../formats/parquet/userParquet.ts")) => Promise<A>) =>
    reading(dataset, stamp, async () => use(await import("../formats/parquet/userParquet.ts")))
  return {
    habits: () => Effect.succeed(plainHabits),
    infer: (stamp) => parquet(stamp, ({ inferParquet }) => inferParquet(dataset.file)),
    check: (contract, stamp) => parquet(stamp, ({ checkParquet }) => checkParquet(dataset.file, contract)),
    rows: async function* (contract, part) {
      const { readParquet } = await import("../formats/parquet/readParquet.ts")
      yield* readParquet(dataset.file, contract, part)
    },
    count: (stamp) => parquet(stamp, ({ countParquet }) => countParquet(dataset.file)),
  }
}

/** Null when there is no file. `isKnown`: there has been one. */
export const stampOf = Effect.fnUntraced(function* (dataset: SourceDataset, isKnown = true) {
  const disk = yield* Disk
  const look = dataset.format === "sqlite" ? databaseStamp(dataset.file) : disk.stat(dataset.file)
  return yield* look.pipe(
    Effect.catchIf(
      ({ code }) => code === notAFile,
      () => {
        const [detail, next] = ["it is a directory, a pipe or the like, and no file", "Put a file in its place."]
        return Effect.fail(isKnown ? changed(dataset, detail, next) : malformed(dataset, null, detail, next))
      },
    ),
  )
})

/** The file is opened once it is read: one that nobody comes to read would stay open for ever. */
export const chunksOf = (file: string): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => createReadStream(file, { highWaterMark: 1 << 18 })[Symbol.asyncIterator](),
})
