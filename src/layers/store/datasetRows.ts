import { Effect, Scope, Stream } from "effect"
import { type FileHandle, open } from "node:fs/promises"
import type { RowsPart } from "../../services/DatasetStore.ts"
import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged } from "../../services/domain/StoreError.ts"
import { allRows, MisfitCell, readRows as decodedRows } from "../formats/readRows.ts"
import { underSharedLock } from "./commitLock.ts"
import { inspectDataset } from "./datasetState.ts"
import { sameStamp, type Stamp, stampOf } from "./Disk.ts"
import { beingWritten, changed, readError } from "./fileReading.ts"
import { toldWithLine } from "./lineOfRow.ts"
import { lookerFor } from "./looks.ts"
import { onlyAppended } from "./onlyAppended.ts"
import { placesIn, type RowPlaces } from "./rowPlaces.ts"

export const readContract = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  return (yield* underSharedLock(home, inspectDataset(home, dataset))).contract
})

/**
 * The rows that one look under the commit lock saw, whatever is committed while they stream: what is appended lies
 * behind them, and a file that is replaced lives on in the descriptor. Any other write is an error. A text reads as of the
 * types of `as`, where its columns are among those.
 */
export const readRows = (
  home: string,
  dataset: SourceDataset,
  part: RowsPart = allRows,
  as: Contract = { columns: [] },
) => {
  switch (dataset.format) {
    case "sqlite":
    case "parquet":
      return Stream.unwrap(
        Effect.map(readContract(home, dataset), (contract) => {
          if (contract === null) return Stream.empty
          const rows = lookerFor(dataset).rows(contract, part)
          return Stream.fromAsyncIterable(rows, (cause) => readFailure(dataset, cause))
        }),
      )
    default:
      return readText(home, dataset, dataset.format, part, as)
  }
}

/** All of them are read where the format doesn't tell, but what has been read before. */
export const countRows = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const { format } = dataset
  if (format === "sqlite" || format === "parquet") {
    const { contract, stamp } = yield* underSharedLock(home, inspectDataset(home, dataset))
    return contract === null || stamp === null ? 0 : yield* lookerFor(dataset).count!(stamp)
  }
  return yield* Effect.gen(function* () {
    const scope = yield* Effect.scope
    const looked = yield* underSharedLock(home, Scope.provide(look(home, dataset), scope))
    if (looked === null) return 0
    const { places, stamp } = looked
    const known = places.rowsAt(stamp.size)
    if (known !== null) return known
    yield* Stream.runDrain(rowsIn(home, dataset, format, looked, behindAll))
    yield* unwrittenSince(home, dataset, looked)
    return places.rowsAt(stamp.size) ?? 0
  }).pipe(Effect.scoped)
})

/** Nothing of it is decoded. */
const behindAll: RowsPart = { from: Number.POSITIVE_INFINITY, most: 0 }

const readText = (home: string, dataset: SourceDataset, format: TextFormat, part: RowsPart, as: Contract) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const looked = yield* underSharedLock(home, Scope.provide(look(home, dataset), scope))
      if (looked === null) return Stream.empty
      const wanted = new Map(as.columns.map((column) => [column.name, column]))
      const columns = looked.contract.columns.map((column) => wanted.get(column.name) ?? column)
      return rowsIn(home, dataset, format, { ...looked, contract: { columns } }, part)
    }),
  )

const rowsIn = (home: string, dataset: SourceDataset, format: TextFormat, looked: Looked, part: RowsPart) => {
  const { handle, contract, closing, places, stamp } = looked
  const demandUnwritten = unwrittenSince(home, dataset, looked)
  const start = places.before(part.from)
  const chunks = chunksOf(dataset, handle, stamp.size, closing, start)
  const wanted = { ...part, first: start?.row ?? 0, watch: places.watch(stamp.size, start) }
  return Stream.fromAsyncIterable(decodedRows(format, chunks, contract, wanted), (cause) =>
    cause instanceof MisfitCell ? cause : readFailure(dataset, cause),
  ).pipe(
    Stream.mapEffect((rows) => Effect.as(demandUnwritten, rows)),
    Stream.catch((error) =>
      Stream.fromEffect(
        Effect.gen(function* () {
          // What cannot be read may be the half of an edit.
          yield* demandUnwritten
          if (!(error instanceof MisfitCell)) return yield* error
          return yield* changed(dataset, yield* toldWithLine(dataset, stamp, error.issue), takeItBack)
        }),
      ),
    ),
  )
}

/** Fails once the bytes that the look saw may be others. */
const unwrittenSince = (home: string, dataset: SourceDataset, { handle, stamp }: Looked) => {
  let seen = stamp
  return Effect.gen(function* () {
    const now = yield* stampOfHandle(dataset, handle)
    if (sameStamp(now, seen)) return
    // Either a commit of ours is done with it once the lock is free, or it wasn't ours.
    if (!(yield* underSharedLock(home, onlyAppended(home, dataset.file, seen, now)))) {
      return yield* beingWritten(dataset)
    }
    seen = now
  })
}

type Looked = NonNullable<Effect.Success<ReturnType<typeof look>>>

/** Null without rows. The file stays open as long as the scope. */
const look = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const { contract, stamp, closing } = yield* inspectDataset(home, dataset)
  if (contract === null || stamp === null) return null
  const handle = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(dataset.file, "r"), catch: (cause) => readFailure(dataset, cause) }),
    (handle) => Effect.promise(() => handle.close()),
  )
  if (!sameStamp(yield* stampOfHandle(dataset, handle), stamp)) return yield* beingWritten(dataset)
  const places = yield* placesIn(home, dataset.file, stamp)
  return { contract, stamp, handle, places, closing: closing?.bytes ?? Buffer.alloc(0) }
})

const stampOfHandle = (
  dataset: SourceDataset,
  handle: FileHandle,
): Effect.Effect<Stamp, ReturnType<typeof readError>> =>
  Effect.tryPromise({
    try: async () => stampOf(await handle.stat({ bigint: true })),
    catch: (cause) => readError(dataset, cause),
  })

const chunk = 1 << 18

/**
 * The bytes that the look saw, and no more; the closing of an array moves when something is appended. From a place in the
 * middle on, they are what rows begin with and all that comes from there.
 */
async function* chunksOf(
  dataset: SourceDataset,
  handle: FileHandle,
  size: number,
  closing: Uint8Array,
  start: ReturnType<RowPlaces["before"]>,
): AsyncGenerator<Uint8Array> {
  const front = size - closing.length
  const ranges =
    start === null
      ? [[0, front]]
      : [
          [0, start.head],
          [start.offset, front],
        ]
  for (const [from = 0, to = 0] of ranges) {
    for (let position = from; position < to;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunk, to - position))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) throw beingWritten(dataset)
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }
  yield closing
}

const takeItBack = "Correct the file, or take the edit back."

const readFailure = (dataset: SourceDataset, cause: unknown) =>
  cause instanceof DatasetChanged
    ? cause
    : cause instanceof MisfitCell
      ? changed(dataset, cause.message, takeItBack)
      : readError(dataset, cause)
