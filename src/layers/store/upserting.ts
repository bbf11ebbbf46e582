import { Effect } from "effect"
import { createHash } from "node:crypto"
import { closeSync, openSync, readSync } from "node:fs"
import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { Upserted } from "../../services/domain/Run.ts"
import { errnoOf } from "../errno.ts"
import { csvText } from "../formats/csvText.ts"
import { locatedRows, rowAt, type RowForm } from "../formats/locatedRows.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { MisfitCell } from "../formats/readRows.ts"
import type { Arrival } from "./arrivals.ts"
import { Disk } from "./Disk.ts"
import { type Keyed, KeyIndex } from "./keyIndex.ts"
import { chunksOf } from "./looks.ts"
import { gathered, indexRows, isRefusal, matchRows, type MergeRule, spliced } from "./merging.ts"
import { pour } from "./rewriting.ts"
import type { Staged } from "./staged.ts"

/** The key by which an output's rows go into its dataset. */
export const ruleOf = Effect.fnUntraced(function* ({ report: { output }, key, now }: Arrival, contract: Contract) {
  const { name: dataset, format } = now.dataset
  const known = yield* demandKey(output, key)
  return { contract, key: known, instants: format === "parquet", dataset, output } satisfies MergeRule
})

export const demandKey = (output: string, key: OutputPlan["key"]) =>
  key === null || key.length === 0
    ? Effect.fail(new StagingCorrupt({ output, detail: "it declares no key, and was upserted" }))
    : Effect.succeed(key)

/** The same rows, of each key the last, in the place of the first. Whatever is done with them, this comes first. */
export const uniqueRows = Effect.fnUntraced(function* (arrival: Arrival, settled: Contract) {
  const { report, staged, seen } = arrival
  if (report.rows === 0) return arrival
  const rule = yield* ruleOf(arrival, settled)
  const columns = report.columns.map(({ name }) => name)
  const header = seen.codec === "csv" && report.shape === "whole"
  const form: RowForm = { format: seen.codec, contract: settled, columns, header }
  const target = `${staged.file}.unique`
  return yield* withIndex(staged, (index) =>
    Effect.gen(function* () {
      yield* working(arrival, target, () => indexRows(locatedRows(form, chunksOf(staged.file)), rule, index))
      if (index.size === report.rows) return arrival
      const first = header ? headOf(arrival) : null
      const eol = seen.codec === "csv" ? seen.eol : "\n"
      const unique = yield* pour(target, () => gathered(rowsAt(staged.file, index.all(), { first, eol })))
      return { ...arrival, staged: unique, report: { ...report, rows: index.size } } satisfies Arrival
    }),
  )
})

/** What an upsert comes to in a file of text: nothing, rows that go behind the others, or a file to take its place. */
export type Merged = { readonly counts: Upserted } & (
  | { readonly kind: "same" }
  | { readonly kind: "fresh"; readonly rows: Staged }
  | { readonly kind: "rewritten"; readonly content: Staged }
)

export interface Base {
  readonly file: string
  readonly size: number
  readonly format: TextFormat
  /** Of a CSV: those of its header. */
  readonly columns: ReadonlyArray<string> | null
  /** How lines end, and whether the last one does. */
  readonly eol: string
  readonly finalNewline: boolean
  /** Of an array. */
  readonly closing: { readonly bytes: Uint8Array; readonly empty: boolean } | null
}

/**
 * Staged rows, which are in the base's own columns and without a header, brought into it by their keys: a row with the
 * key of one takes its place, whatever stands around it; the others go behind. `anew` makes a file also of rows that
 * could be appended.
 */
export const mergeText = Effect.fnUntraced(function* (
  arrival: Arrival,
  settled: Contract,
  rows: Staged,
  base: Base,
  anew: boolean,
) {
  const rule = yield* ruleOf(arrival, settled)
  const { format, columns, eol, closing } = base
  const codec = format === "csv" ? "csv" : "jsonl"
  const form: RowForm = { format: codec, contract: settled, columns, header: false }
  const there: RowForm = { format, contract: settled, columns: null, header: true }
  return yield* withIndex(rows, (index) =>
    Effect.gen(function* () {
      const counts = yield* working(arrival, base.file, async () => {
        await indexRows(locatedRows(form, chunksOf(rows.file)), rule, index)
        using source = new Pieces(rows.file)
        const read = (from: number, to: number) => rowAt(form, source.read(from, to))
        return await matchRows(locatedRows(there, chunksOf(base.file)), rule, index, read)
      })
      if (counts.changed === 0 && counts.new === 0 && !anew) return { kind: "same", counts } satisfies Merged
      if (counts.changed === 0 && !anew) {
        const fresh = yield* pour(`${rows.file}.fresh`, () =>
          gathered(rowsAt(rows.file, index.fresh(), { first: null, eol })),
        )
        return { kind: "fresh", counts, rows: fresh } satisfies Merged
      }
      const content = yield* pourClosed(`${rows.file}.merged`, closing?.bytes ?? null, async function* () {
        using source = new Pieces(rows.file)
        const end = base.size - (closing?.bytes.length ?? 0)
        yield* spliced(chunksOf(base.file), end, index, (from, to) => source.read(from, to))
        if (counts.new === 0) return
        if (format === "json") yield* elementsAt(source, index.fresh(), closing?.empty === true)
        else yield* rowsAt(rows.file, index.fresh(), { first: base.finalNewline ? null : Buffer.from(eol), eol })
      })
      return { kind: "rewritten", counts, content } satisfies Merged
    }),
  )
})

const withIndex = <A, E, R>(rows: Staged, use: (index: KeyIndex) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new KeyIndex(`${rows.file}.index`)),
    use,
    (index) => Effect.sync(() => index.close()),
  )

/** What reads rows by their keys, and may make a file for its index. */
const working = Effect.fnUntraced(function* <A>(arrival: Arrival, file: string, work: () => Promise<A>) {
  const disk = yield* Disk
  const { output } = arrival.report
  const effect = Effect.tryPromise({
    try: work,
    catch: (cause) => {
      if (isRefusal(cause)) return cause
      // Both files were whole when they were looked at, but nobody holds the dataset's still.
      if (cause instanceof MalformedFile || cause instanceof MisfitCell)
        return new StagingCorrupt({ output, detail: cause.message })
      return new StoreFailed({ operation: "read", path: file, code: errnoOf(cause) })
    },
  })
  return yield* disk.work("index", file, effect)
})

/** Reads pieces of a file wherever they are. */
export class Pieces {
  readonly #descriptor: number

  constructor(file: string) {
    this.#descriptor = openSync(file, "r")
  }

  read(from: number, to: number): Buffer {
    const buffer = Buffer.allocUnsafe(to - from)
    for (let done = 0; done < buffer.length;) {
      const read = readSync(this.#descriptor, buffer, done, buffer.length - done, from + done)
      if (read === 0) throw Object.assign(new Error("a staged file is shorter than it was"), { code: "EIO" })
      done += read
    }
    return buffer
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}

/** Rows of a file, each with a line end. */
function* rowsAt(
  file: string,
  rows: Iterable<Keyed>,
  { first, eol }: { readonly first: Uint8Array | null; readonly eol: string },
): Generator<Uint8Array, void, undefined> {
  using source = new Pieces(file)
  if (first !== null) yield first
  const end = Buffer.from(eol)
  for (const { from, to } of rows) {
    yield source.read(from, to)
    yield end
  }
}

/** Rows as they go in front of the closing of an array. */
export function* elementsAt(
  source: Pieces,
  rows: Iterable<Pick<Keyed, "from" | "to">>,
  empty: boolean,
): Generator<Uint8Array, void, undefined> {
  let before = Buffer.from(empty ? "\n" : ",\n")
  for (const { from, to } of rows) {
    yield before
    yield source.read(from, to)
    before = Buffer.from(",\n")
  }
}

/** The header of a staged CSV, its line end included. */
const headOf = ({ report, seen }: Arrival): Uint8Array => {
  const names = report.columns.slice(0, report.headerColumns).map(({ name }) => csvText(name))
  return Buffer.from(names.join(",") + seen.eol)
}

export const pourClosed = Effect.fnUntraced(function* (
  target: string,
  closing: Uint8Array | null,
  content: () => AsyncIterable<Uint8Array>,
) {
  if (closing === null) return yield* pour(target, () => gathered(content()))
  let front = { bytes: 0, hash: "" }
  const whole = yield* pour(target, async function* () {
    const hash = createHash("sha256")
    let bytes = 0
    for await (const chunk of gathered(content())) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
    front = { bytes, hash: hash.digest("hex") }
    yield closing
  })
  return { ...whole, front } satisfies Staged
})
