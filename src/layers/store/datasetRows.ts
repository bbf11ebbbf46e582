import { Effect, Scope, Stream } from "effect"
import { type FileHandle, open } from "node:fs/promises"
import type { TextFormat } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged } from "../../services/domain/StoreError.ts"
import { MisfitCell, readRows as decodedRows } from "../formats/readRows.ts"
import { underSharedLock } from "./commitLock.ts"
import { inspectDataset } from "./datasetState.ts"
import { sameStamp, type Stamp, stampOf } from "./Disk.ts"
import { beingWritten, changed, readError, told } from "./fileReading.ts"
import { lookerFor } from "./looks.ts"
import { onlyAppended } from "./onlyAppended.ts"

export const readContract = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  return (yield* underSharedLock(home, inspectDataset(home, dataset))).contract
})

/**
 * The rows that one look under the commit lock saw, whatever is committed while they stream: what is appended lies
 * behind them, and a file that is replaced lives on in the descriptor. Any other write is an error.
 */
export const readRows = (home: string, dataset: SourceDataset) => {
  switch (dataset.format) {
    case "sqlite":
    case "parquet":
      return Stream.unwrap(
        Effect.map(readContract(home, dataset), (contract) => {
          if (contract === null) return Stream.empty
          const rows = lookerFor(dataset).rows(contract)
          return Stream.fromAsyncIterable(rows, (cause) => readFailure(dataset, cause))
        }),
      )
    default:
      return readText(home, dataset, dataset.format)
  }
}

const readText = (home: string, dataset: SourceDataset, format: TextFormat) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const looked = yield* underSharedLock(home, Scope.provide(look(home, dataset), scope))
      if (looked === null) return Stream.empty
      const { handle, contract, closing } = looked
      let seen = looked.stamp

      const demandUnwritten = Effect.gen(function* () {
        const now = yield* stampOfHandle(dataset, handle)
        if (sameStamp(now, seen)) return
        // Either a commit of ours is done with it once the lock is free, or it wasn't ours.
        if (!(yield* underSharedLock(home, onlyAppended(home, dataset.file, seen, now)))) {
          return yield* beingWritten(dataset)
        }
        seen = now
      })
      const chunks = chunksOf(dataset, handle, looked.stamp.size, closing)
      return Stream.fromAsyncIterable(decodedRows(format, chunks, contract), (cause) =>
        readFailure(dataset, cause),
      ).pipe(
        Stream.mapEffect((rows) => Effect.as(demandUnwritten, rows)),
        // What cannot be read may be the half of an edit.
        Stream.catch((error) => Stream.fromEffect(Effect.andThen(demandUnwritten, Effect.fail(error)))),
      )
    }),
  )

/** Null without rows. The file stays open as long as the scope. */
const look = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const { contract, stamp, closing } = yield* inspectDataset(home, dataset)
  if (contract === null || stamp === null) return null
  const handle = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(dataset.file, "r"), catch: (cause) => readFailure(dataset, cause) }),
    (handle) => Effect.promise(() => handle.close()),
  )
  if (!sameStamp(yield* stampOfHandle(dataset, handle), stamp)) return yield* beingWritten(dataset)
  return { contract, stamp, handle, closing: closing?.bytes ?? Buffer.alloc(0) }
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

/** The bytes that the look saw, and no more; the closing of an array moves when something is appended. */
async function* chunksOf(
  dataset: SourceDataset,
  handle: FileHandle,
  size: number,
  closing: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const front = size - closing.length
  for (let position = 0; position < front;) {
    const buffer = Buffer.allocUnsafe(Math.min(chunk, front - position))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) throw beingWritten(dataset)
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
  yield closing
}

const readFailure = (dataset: SourceDataset, cause: unknown) =>
  cause instanceof DatasetChanged
    ? cause
    : cause instanceof MisfitCell
      ? changed(dataset, told(cause.issue), "Correct the file, or take the edit back.")
      : readError(dataset, cause)
