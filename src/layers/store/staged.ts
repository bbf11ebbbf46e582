import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Codec, Eol } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { transcodeCsv } from "../formats/csvTranscode.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { chunksOf } from "./datasetState.ts"
import { Disk } from "./Disk.ts"
import { StagedScan } from "./stagedScan.ts"

/** Rows of one output on their way into a dataset, in a file of ours. */
export interface Staged {
  readonly file: string
  readonly bytes: number
  /** SHA-256, hex. */
  readonly hash: string
}

/**
 * Believes nothing that the guest reported. `followed` has read the bytes while they were being staged; they are hashed
 * once more, in case they were rewritten behind it, and counted anew only if they were.
 */
export const verifyStaged = Effect.fnUntraced(function* (
  file: string,
  codec: Codec,
  report: OutputReport,
  followed: StagedScan | null,
) {
  const corrupt = (detail: string) => new StagingCorrupt({ output: report.output, detail })
  const { hash, bytes, problem } = yield* Effect.tryPromise({
    try: async () => {
      const known = followed === null || StagedScan.needsColumns(codec, report) ? null : followed.finish(report)
      if (known !== null && known.problem === null && (await hashOfFile(file)) === known.hash) {
        return { ...known, bytes: followed?.bytes ?? 0 }
      }
      const scan = new StagedScan(codec, report.headerColumns)
      for await (const chunk of chunksOf(file)) scan.push(chunk)
      return { ...scan.finish(report), bytes: scan.bytes }
    },
    catch: (cause) =>
      cause instanceof MalformedFile
        ? corrupt(cause.message)
        : new StoreFailed({ operation: "read", path: file, code: errnoOf(cause) }),
  })
  if (problem !== null) return yield* corrupt(problem)
  return { file, bytes, hash } satisfies Staged
})

const hashOfFile = async (file: string): Promise<string> => {
  const hash = createHash("sha256")
  for await (const chunk of chunksOf(file)) hash.update(chunk)
  return hash.digest("hex")
}

interface Rewrite {
  readonly file: string
  readonly from: ReadonlyArray<string>
  readonly inputHeader: boolean
  readonly shortest: number
}

/** A new file of the records of several, all brought to the same columns. */
export const rewriteCsv = Effect.fnUntraced(function* (
  parts: ReadonlyArray<Rewrite>,
  to: ReadonlyArray<string>,
  target: string,
  options: { readonly eol: Eol; readonly header: boolean; readonly bom: boolean },
) {
  const hash = createHash("sha256")
  let bytes = 0
  let reading = target
  /** Reading failed, not writing. */
  let unread: StoreFailed | null = null
  const disk = yield* Disk
  const content = async function* () {
    try {
      for await (const chunk of pieces(parts, to, options, (file) => (reading = file))) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    } catch (cause) {
      // It was whole when it was looked at.
      const code = cause instanceof MalformedFile ? "changed meanwhile" : errnoOf(cause)
      unread = new StoreFailed({ operation: "read", path: reading, code })
      throw cause
    }
  }
  yield* disk.pour(target, content).pipe(Effect.mapError((error) => unread ?? error))
  yield* disk.fsync(target)
  return { file: target, bytes, hash: hash.digest("hex") } satisfies Staged
})

async function* pieces(
  parts: ReadonlyArray<Rewrite>,
  to: ReadonlyArray<string>,
  { eol, header, bom }: { readonly eol: Eol; readonly header: boolean; readonly bom: boolean },
  begins: (file: string) => void,
): AsyncGenerator<Uint8Array> {
  if (bom) yield Buffer.from("\uFEFF")
  for (const [index, { file, from, inputHeader, shortest }] of parts.entries()) {
    begins(file)
    const outputHeader = header && index === 0
    yield* transcodeCsv(chunksOf(file), from, to, { eol, inputHeader, outputHeader, shortest })
  }
}
