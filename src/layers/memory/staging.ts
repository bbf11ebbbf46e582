import { Effect } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { chunksOf } from "../store/looks.ts"
import { StagedScan } from "../store/stagedScan.ts"
import type { Segment } from "./content.ts"

/** A guest is another process and writes to a descriptor, so even rows for memory are staged in a file; gone with the scope. */
export const stagingDirectory = Effect.acquireRelease(
  attempt("create", tmpdir(), () => fs.mkdtemp(path.join(tmpdir(), "openislands-staging-"))),
  (directory) =>
    attempt("remove", directory, () => fs.rm(directory, { recursive: true, force: true })).pipe(Effect.ignore),
)

const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND

/** The descriptor of a new file to append to. */
export const openStaging = (file: string) =>
  Effect.acquireRelease(
    attempt("create", file, () => fs.open(file, flags, 0o600)),
    (handle) => Effect.promise(() => handle.close()),
  ).pipe(Effect.map(({ fd }) => fd))

/** Everything has been taken over: whoever stages goes on with an empty file. */
export const emptyStaging = (file: string) => attempt("truncate", file, () => fs.truncate(file))

/** What was staged, once it is what was reported. It is counted as it is taken over, so it cannot change in between. */
export const takeStaged = Effect.fnUntraced(function* (file: string, report: OutputReport) {
  const corrupt = (detail: string) => new StagingCorrupt({ output: report.output, detail })
  const chunks: Array<Uint8Array> = []
  const { hash, problem, bytes } = yield* Effect.tryPromise({
    try: async () => {
      const scan = new StagedScan("jsonl", null)
      for await (const chunk of chunksOf(file)) {
        scan.push(chunk)
        chunks.push(chunk)
      }
      return { ...scan.finish(report), bytes: scan.bytes }
    },
    catch: (cause) =>
      cause instanceof MalformedFile
        ? corrupt(cause.message)
        : new StoreFailed({ operation: "read", path: file, code: errnoOf(cause) }),
  })
  if (problem !== null) return yield* corrupt(problem)
  return { chunks, bytes, hash } satisfies Segment
})

function attempt<A>(operation: string, path: string, call: () => Promise<A>) {
  return Effect.tryPromise({
    try: call,
    catch: (cause) => new StoreFailed({ operation, path, code: errnoOf(cause) }),
  })
}
