import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Codec } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { chunksOf } from "./looks.ts"
import { StagedScan } from "./stagedScan.ts"

/** Rows of one output on their way into a dataset, in a file of ours. */
export interface Staged {
  readonly file: string
  readonly bytes: number
  /** SHA-256, hex. */
  readonly hash: string
  /** The same without the closing of a JSON array. */
  readonly front?: { readonly bytes: number; readonly hash: string }
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
