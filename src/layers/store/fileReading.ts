import { Effect, Result } from "effect"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged, DatasetMalformed, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { sourceName } from "./contracts.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"

/** What is read of a file, as long as it is the one that was looked at before: what was read in part is not what is there. */
export const reading = Effect.fnUntraced(function* <A>(dataset: SourceDataset, stamp: Stamp, read: () => Promise<A>) {
  const result = yield* Effect.result(
    Effect.tryPromise({
      try: read,
      catch: (cause) =>
        cause instanceof MalformedFile
          ? cause
          : new StoreFailed({ operation: "read", path: sourceName(dataset), code: errnoOf(cause) }),
    }),
  )
  yield* demandUnchanged(dataset, stamp)
  if (Result.isSuccess(result)) return result.success
  const { failure } = result
  return yield* failure instanceof StoreFailed ? failure : malformedFile(dataset, failure)
})

/** The line, as an editor shows it, and what is wrong there. */
const malformedFile = Effect.fnUntraced(function* (dataset: SourceDataset, { problem, offset }: MalformedFile) {
  const line = offset === null ? null : yield* lineAt(dataset.file, offset)
  const detail = offset === null ? problem : `${problem} (byte ${offset})`
  return yield* malformed(dataset, line, detail, problem === "not UTF-8" ? saveAsUtf8 : correctIt)
})

/** What goes wrong while rows are streamed. */
export const readError = (dataset: SourceDataset, cause: unknown) =>
  cause instanceof MalformedFile
    ? malformed(dataset, null, cause.message, correctIt)
    : new StoreFailed({ operation: "read", path: sourceName(dataset), code: errnoOf(cause) })

/** Fails when the file is no longer the one that was looked at. */
export const demandUnchanged = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp | null) {
  const disk = yield* Disk
  if (!sameStamp(yield* disk.stat(dataset.file), stamp)) return yield* beingWritten(dataset)
})

export const beingWritten = (dataset: SourceDataset) =>
  changed(dataset, "it is being written at this moment", "Nothing was written. Try again when that is done.")

export const correctIt = "Correct the file; nothing was written."
const saveAsUtf8 = "Save the file as UTF-8; nothing was written."

const chunk = 1 << 18

/** The line, counted from 1, of a byte of the file. */
export const lineAt = Effect.fnUntraced(function* (file: string, offset: number) {
  const disk = yield* Disk
  let line = 1
  let last = 0
  for (let from = 0; from < offset; from += chunk) {
    const bytes = yield* disk.readRange(file, { from, to: Math.min(offset, from + chunk) })
    for (const byte of bytes) {
      if (byte === 13 || (byte === 10 && last !== 13)) line++
      last = byte
    }
  }
  return line
})

export const malformed = (dataset: SourceDataset, line: number | null, detail: string, next: string) =>
  new DatasetMalformed({ dataset: dataset.name, file: dataset.source, line, detail, next })

export const changed = (dataset: SourceDataset, detail: string, next: string) =>
  new DatasetChanged({ dataset: dataset.name, file: dataset.source, detail, next })
