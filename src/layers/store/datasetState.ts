import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as path from "node:path"
import type { Codec, Contract, Eol } from "../../services/domain/Contract.ts"
import { isWritable, type SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged, StoreCorrupt, StoreFailed, UnsupportedFormat } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { sniffCsv } from "../formats/csvSniff.ts"
import type { CellIssue } from "../formats/decode.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { checkFile, inferFile } from "../formats/userFile.ts"
import { contractFile, parseContract, sourceName } from "./contracts.ts"
import { Disk, notAFile, sameStamp, type Stamp } from "./Disk.ts"

/** A dataset as it stands on disk: what a transaction builds on, and what its commit compares again. */
export interface DatasetState {
  readonly dataset: SourceDataset
  readonly codec: Codec
  /** Null when the dataset is empty: the first rows settle it. */
  readonly contract: Contract | null
  /** The contract's file as it is; null when there is none, also for a file of the user's whose contract was inferred. */
  readonly contractText: string | null
  /** Null: there is no file. */
  readonly stamp: Stamp | null
  /** The header of a CSV with rows. */
  readonly columns: ReadonlyArray<string> | null
  readonly eol: Eol
  readonly bom: boolean
  readonly finalNewline: boolean
}

/** Reads contract and file; a file that something else wrote since is checked whole against its contract. */
export const inspectDataset = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const disk = yield* Disk
  const codec = dataset.format
  if (!isWritable(codec)) return yield* new UnsupportedFormat({ dataset: dataset.name, format: codec })
  const contractText = (yield* disk.read(path.join(home, contractFile(dataset.name))))?.toString("utf8") ?? null
  const stored = contractText === null ? null : parseContract(contractText)
  if (contractText !== null && stored === null) {
    return yield* new StoreCorrupt({
      file: path.join(".openislands", contractFile(dataset.name)),
      detail: "it is not a contract",
      wayOut: "Remove it: the contract is then inferred anew from the whole dataset.",
    })
  }
  const stamp = yield* disk.stat(dataset.file).pipe(
    Effect.catchIf(
      ({ code }) => code === notAFile,
      () =>
        Effect.fail(
          changed(dataset, "it is a directory, a pipe or the like, and no file", "Put the file in its place."),
        ),
    ),
  )
  const habits = yield* readHabits(dataset, codec, stamp)
  const state = { dataset, codec, contractText, stamp, ...habits }
  if (stored === null) {
    if (stamp === null || stamp.size === 0) return { ...state, contract: null, columns: null } satisfies DatasetState
    const inferred = yield* reading(dataset, () => inferFile(codec, chunksOf(dataset.file)))
    if (inferred.issue !== null) return yield* misfit(dataset, inferred.issue, "Correct the file.")
    const columns = inferred.contract === null ? null : habits.columns
    return { ...state, contract: inferred.contract, columns } satisfies DatasetState
  }
  if (stamp === null) {
    return yield* changed(
      dataset,
      "it has been deleted or moved",
      `Restore it, or remove .openislands/${contractFile(dataset.name)} to begin it anew.`,
    )
  }
  const checked = yield* readChecked(home, dataset.name)
  if (checked === null || !sameStamp(checked.stamp, stamp) || checked.contract !== digest(contractText ?? "")) {
    const issue = yield* reading(dataset, () => checkFile(codec, chunksOf(dataset.file), stored))
    if (issue !== null) {
      return yield* misfit(dataset, issue, "Correct the file, or take the edit back; nothing was written.")
    }
    // Written while it was read: what was checked is not what is there.
    if (!sameStamp(yield* disk.stat(dataset.file), stamp)) {
      return yield* changed(dataset, "it is being written at this moment", "Try again when that is done.")
    }
    yield* rememberChecked(home, dataset.name, stamp, contractText ?? "")
  }
  return { ...state, contract: stored } satisfies DatasetState
})

/** Whether two looks at a dataset saw the same thing. */
export const sameState = (a: DatasetState, b: DatasetState): boolean =>
  a.contractText === b.contractText && sameStamp(a.stamp, b.stamp)

/** Long enough for a header of a thousand long names. */
const headBytes = 1 << 18

const readHabits = Effect.fnUntraced(function* (dataset: SourceDataset, codec: Codec, stamp: Stamp | null) {
  const disk = yield* Disk
  const none = { columns: null, eol: "\n", bom: false, finalNewline: true } as const
  if (stamp === null || stamp.size === 0) return none
  const tail = yield* disk.readRange(dataset.file, { from: stamp.size - 1, to: stamp.size })
  if (codec === "jsonl") return { ...none, finalNewline: tail[0] === 10 }
  const head = yield* disk.readRange(dataset.file, { from: 0, to: Math.min(stamp.size, headBytes) })
  const { header, eol, bom, finalNewline } = yield* reading(dataset, async () => sniffCsv(head, tail))
  return { columns: header, eol, bom, finalNewline }
})

export const chunksOf = (file: string): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 1 << 18 })

const reading = <A>(dataset: SourceDataset, read: () => Promise<A>) =>
  Effect.tryPromise({
    try: read,
    catch: (cause) =>
      cause instanceof MalformedFile
        ? changed(dataset, cause.message, "Correct the file; nothing was written.")
        : new StoreFailed({ operation: "read", path: sourceName(dataset), code: errnoOf(cause) }),
  })

const changed = (dataset: SourceDataset, detail: string, next: string) =>
  new DatasetChanged({ dataset: dataset.name, file: dataset.source, detail, next })

const misfit = (dataset: SourceDataset, { row, column, expected, got }: CellIssue, next: string) => {
  const where = column === null ? `row ${row}` : `row ${row}, column "${column}"`
  return changed(dataset, `${where} should be ${expected}, it is ${got}`, next)
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

const Checked = Schema.fromJsonString(
  Schema.Struct({
    stamp: Schema.Struct({ ino: Schema.String, size: Schema.Int, mtime: Schema.String }),
    contract: Schema.String,
  }),
)
const decodeChecked = Schema.decodeUnknownOption(Checked)
const checkedFile = (home: string, dataset: string) => path.join(home, "cache", "checked", `${dataset}.json`)

const readChecked = Effect.fnUntraced(function* (home: string, dataset: string) {
  const disk = yield* Disk
  const text = yield* disk.read(checkedFile(home, dataset))
  return text === null ? null : Option.getOrNull(decodeChecked(text.toString("utf8")))
})

/** Which bytes are known to fit which contract. Only a cache: without it the file is read once more. */
export const rememberChecked = Effect.fnUntraced(
  function* (home: string, dataset: string, stamp: Stamp, contract: string) {
    const disk = yield* Disk
    const file = checkedFile(home, dataset)
    yield* disk.mkdir(path.dirname(file))
    yield* disk.write(file, Buffer.from(JSON.stringify({ stamp, contract: digest(contract) })))
  },
  (remember) => Effect.ignore(remember),
)
