import { Effect } from "effect"
import { createHash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import type { Codec, Eol } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { CsvReader } from "../formats/csvReader.ts"
import { CsvScanner } from "../formats/csvScanner.ts"
import { transcodeCsv } from "../formats/csvTranscode.ts"
import { JsonlScanner } from "../formats/jsonlScanner.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { chunksOf } from "./datasetState.ts"

/** Rows of one output on their way into a dataset, in a file of ours. */
export interface Staged {
  readonly file: string
  readonly bytes: number
  /** SHA-256, hex. */
  readonly hash: string
}

/** Believes nothing that the guest reported: reads what it staged, and counts. */
export const verifyStaged = Effect.fnUntraced(function* (file: string, codec: Codec, report: OutputReport) {
  const corrupt = (detail: string) => new StagingCorrupt({ output: report.output, detail })
  const { hash, bytes, problem } = yield* Effect.tryPromise({
    try: () => scan(file, codec, report),
    catch: (cause) =>
      cause instanceof MalformedFile
        ? corrupt(cause.message)
        : new StoreFailed({ operation: "read", path: file, code: errnoOf(cause) }),
  })
  if (problem !== null) return yield* corrupt(problem)
  return { file, bytes, hash } satisfies Staged
})

const scan = async (file: string, codec: Codec, report: OutputReport) => {
  const hash = createHash("sha256")
  const names = report.columns.map(({ name }) => name)
  const header = codec === "csv" && report.shape === "whole" && names.length > 0 ? new HeaderCheck(names, report) : null
  const scanner = codec === "csv" ? new CsvScanner(report.headerColumns) : new JsonlScanner()
  let bytes = 0
  for await (const chunk of chunksOf(file)) {
    hash.update(chunk)
    bytes += chunk.length
    header?.push(chunk)
    scanner.push(chunk)
  }
  const counted = scanner.end()
  const rows = "records" in counted ? counted.records - (header === null ? 0 : 1) : counted.rows
  let problem: string | null = header?.problem() ?? null
  if (rows !== report.rows) problem = `${report.rows} rows were reported, ${rows} are there`
  else if (bytes > 0 && !counted.finalNewline) problem = "its last row has no end"
  else if ("records" in counted && rows > 0) {
    if (counted.maxFields > names.length)
      problem = `a row has ${counted.maxFields} fields, ${names.length} were reported`
    else if (counted.minFields < report.headerColumns) problem = `a row has only ${counted.minFields} fields`
  }
  return { hash: hash.digest("hex"), bytes, problem }
}

/** The first record must be the columns that were reported. */
class HeaderCheck {
  readonly #expected: ReadonlyArray<string>
  readonly #reader = new CsvReader()
  #header: ReadonlyArray<string | null> | null = null
  constructor(names: ReadonlyArray<string>, report: OutputReport) {
    this.#expected = names.slice(0, report.headerColumns)
  }
  push(chunk: Uint8Array): void {
    if (this.#header === null) this.#header = this.#reader.push(chunk)[0] ?? null
  }
  problem(): string | null {
    const header = (this.#header ?? this.#reader.end()[0] ?? []).map((name) => name ?? "")
    const same = header.length === this.#expected.length && header.every((name, at) => name === this.#expected[at])
    return same ? null : "its header is not the one that was reported"
  }
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
  yield* Effect.tryPromise({
    try: () =>
      pipeline(
        async function* () {
          for await (const chunk of pieces(parts, to, options)) {
            hash.update(chunk)
            bytes += chunk.length
            yield chunk
          }
        },
        createWriteStream(target, { mode: 0o600 }),
      ),
    catch: (cause) => new StoreFailed({ operation: "write", path: target, code: errnoOf(cause) }),
  })
  return { file: target, bytes, hash: hash.digest("hex") } satisfies Staged
})

async function* pieces(
  parts: ReadonlyArray<Rewrite>,
  to: ReadonlyArray<string>,
  { eol, header, bom }: { readonly eol: Eol; readonly header: boolean; readonly bom: boolean },
): AsyncGenerator<Uint8Array> {
  if (bom) yield Buffer.from("\uFEFF")
  for (const [index, { file, from, inputHeader, shortest }] of parts.entries()) {
    const outputHeader = header && index === 0
    yield* transcodeCsv(chunksOf(file), from, to, { eol, inputHeader, outputHeader, shortest })
  }
}
