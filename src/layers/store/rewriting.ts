import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Eol } from "../../services/domain/Contract.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { transcodeCsv } from "../formats/csvTranscode.ts"
import { elementsOf } from "../formats/jsonArrayText.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { Disk } from "./Disk.ts"
import { chunksOf } from "./looks.ts"
import type { Staged } from "./staged.ts"

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
  let reading = target
  /** Reading failed, not writing. */
  let unread: StoreFailed | null = null
  const content = async function* () {
    try {
      yield* pieces(parts, to, options, (file) => (reading = file))
    } catch (cause) {
      // It was whole when it was looked at.
      const code = cause instanceof MalformedFile ? StoreFailed.meddled : errnoOf(cause)
      unread = new StoreFailed({ operation: "read", path: reading, code })
      throw cause
    }
  }
  return yield* pour(target, content).pipe(Effect.mapError((error) => unread ?? error))
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

/** Staged JSON Lines as they go into an array; `first` when there is nothing in it yet. */
export const toElements = (staged: Staged, first: boolean) =>
  pour(`${staged.file}.new`, () => elementsOf(chunksOf(staged.file), first))

/** Staged JSON Lines as a file of their own. */
export const toArray = Effect.fnUntraced(function* (staged: Staged) {
  const lines = chunksOf(staged.file)
  let front = { bytes: 0, hash: "" }
  const whole = yield* pour(`${staged.file}.new`, async function* () {
    const hash = createHash("sha256")
    let bytes = 0
    const counted = (chunk: Uint8Array) => {
      hash.update(chunk)
      bytes += chunk.length
      return chunk
    }
    yield counted(Buffer.from("["))
    for await (const chunk of elementsOf(lines, true)) yield counted(chunk)
    front = { bytes, hash: hash.digest("hex") }
    yield Buffer.from(bytes === 1 ? "]\n" : "\n]\n")
  })
  return { ...whole, front } satisfies Staged
})

/** A durable file of ours. */
export const pour = Effect.fnUntraced(function* (target: string, content: () => AsyncIterable<Uint8Array>) {
  const hash = createHash("sha256")
  let bytes = 0
  const disk = yield* Disk
  yield* disk.pour(target, async function* () {
    for await (const chunk of content()) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  })
  yield* disk.fsync(target)
  return { file: target, bytes, hash: hash.digest("hex") } satisfies Staged
})
