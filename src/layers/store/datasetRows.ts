import { Effect, Scope, Stream } from "effect"
import { type FileHandle, open } from "node:fs/promises"
import type { Codec, Contract } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { CellIssue } from "../formats/decode.ts"
import { csvRows, type DecodedRows, jsonlRows } from "../formats/decodedRows.ts"
import { underCommitLock } from "./commitLock.ts"
import { inspectDataset } from "./datasetState.ts"
import { sameStamp, type Stamp, stampOf } from "./Disk.ts"
import { onlyAppended } from "./onlyAppended.ts"
import { beingWritten, misfit, rowFailure } from "./rowFailure.ts"

/** How the rows of each format come out of the chunks of its file. */
const formats: Readonly<Record<Codec, (contract: Contract, chunks: AsyncIterable<Uint8Array>) => DecodedRows>> = {
  csv: csvRows,
  jsonl: jsonlRows,
}

export const readContract = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  return (yield* underCommitLock(home, inspectDataset(home, dataset))).contract
})

/**
 * The rows that one look under the commit lock saw, whatever is committed while they stream: what is appended lies
 * behind them, and a file that is replaced lives on in the descriptor. Any other write is an error.
 */
export const readRows = (home: string, dataset: SourceDataset) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const looked = yield* underCommitLock(home, Scope.provide(look(home, dataset), scope))
      if (looked === null) return Stream.empty
      const { handle, codec, contract } = looked
      let seen = looked.stamp

      const demandUnwritten = Effect.gen(function* () {
        const now = yield* stampOfHandle(dataset, handle)
        if (sameStamp(now, seen)) return
        // Either a commit of ours is done with it once the lock is free, or it wasn't ours.
        if (!(yield* underCommitLock(home, onlyAppended(home, dataset.file, seen, now)))) {
          return yield* beingWritten(dataset)
        }
        seen = now
      })
      const decoded = formats[codec](contract, chunksOf(dataset, handle, looked.stamp.size))
      return Stream.fromAsyncIterable(decoded, (cause) => rowFailure(dataset, cause)).pipe(
        Stream.mapEffect((rows) =>
          rows instanceof CellIssue ? Effect.fail(misfit(dataset, rows)) : Effect.as(demandUnwritten, rows),
        ),
        // What cannot be read may be the half of an edit.
        Stream.catch((error) => Stream.fromEffect(Effect.andThen(demandUnwritten, Effect.fail(error)))),
      )
    }),
  )

/** Null without rows. The file stays open as long as the scope. */
const look = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const { codec, contract, stamp } = yield* inspectDataset(home, dataset)
  if (contract === null || stamp === null) return null
  const handle = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(dataset.file, "r"), catch: (cause) => rowFailure(dataset, cause) }),
    (handle) => Effect.promise(() => handle.close()),
  )
  if (!sameStamp(yield* stampOfHandle(dataset, handle), stamp)) return yield* beingWritten(dataset)
  return { codec, contract, stamp, handle }
})

const stampOfHandle = (
  dataset: SourceDataset,
  handle: FileHandle,
): Effect.Effect<Stamp, ReturnType<typeof rowFailure>> =>
  Effect.tryPromise({
    try: async () => stampOf(await handle.stat({ bigint: true })),
    catch: (cause) => rowFailure(dataset, cause),
  })

const chunk = 1 << 18

/** The bytes that the look saw, and no more. */
async function* chunksOf(dataset: SourceDataset, handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(chunk, size - position))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) throw beingWritten(dataset)
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
